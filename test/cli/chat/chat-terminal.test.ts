/** A conversation as a person sees it, against a real server. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TypedConversation } from '../support/conversation.ts';
import { CuttableWay } from '../support/cuttable.ts';
import { Served } from '../support/served.ts';

const MODEL = 'qwen2.5:0.5b';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

let served: Served;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-'));
  served = await Served.start({ speed: 2 });
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface NewestJob {
  readonly id: string;
  readonly status: string;
  readonly priority: string;
  readonly client: string;
  readonly result: { readonly text: string } | null;
}

async function newestJob(): Promise<NewestJob> {
  const answer = await served.query(
    '{ jobs(first: 1) { nodes { id status priority client result { ... on TextResult { text } } } } }',
  );
  return (answer as { data: { jobs: { nodes: NewestJob[] } } }).data.jobs.nodes[0] as NewestJob;
}

/** A status on the screen begins with a capital letter, an answer does not. */
const words = (text: string) => text.split(/\s+/).filter(Boolean);

/** What stands between the question and the next prompt. */
function answerOn(text: string, question: string): string {
  return text.slice(text.lastIndexOf(question) + question.length).replace(/\n>>>$/, '');
}

describe.each([60, 80])('in %d columns', (columns) => {
  test('an answer is there word for word, its lines broken between words', async () => {
    await using talk = await TypedConversation.begin(served.url, MODEL, { columns });
    talk.enter('/set parameter num_predict 150');
    talk.enter('Tell me a story.');
    const text = await talk.untilPrompt(/Tell me a story\.\n\S/);
    const job = await newestJob();
    expect(job).toMatchObject({ status: 'COMPLETE', priority: 'HIGH', client: 'tester' });
    expect(words(answerOn(text, 'Tell me a story.'))).toEqual(words(job.result?.text ?? ''));
    expect(talk.lines.filter((line) => line.length > columns)).toEqual([]);
    expect(talk.lines.length).toBeGreaterThan(5);
  });

  test('the status of a job that waits is on the screen while it waits, and no longer', async () => {
    await using talk = await TypedConversation.begin(served.url, MODEL, { columns });
    await served.query('mutation { pauseScheduler { stats { paused } } }');
    talk.enter('Are you there?');
    const waits = await talk.until((text) => /Place 1 in the queue\./.test(text));
    expect(words(waits).join(' ')).toContain('The scheduler is paused; "vramkeeper resume" lets it go on.');
    talk.enter('/why');
    await talk.until((text) => /waits \(SCHEDULER_PAUSED\)[\s\S]*Place 1 in the queue/.test(text));
    await served.query('mutation { resumeScheduler { stats { paused } } }');
    const text = await talk.untilPrompt(/SCHEDULER_PAUSED/);
    expect(text).not.toContain('Place 1');
    expect(words(text).join(' ')).toContain(words((await newestJob()).result?.text ?? '-').join(' '));
  });
});

test('Ctrl-C ends a job that waits, and one that answers, whose text is kept', async () => {
  await using talk = await TypedConversation.begin(served.url, MODEL);
  await served.query('mutation { pauseScheduler { stats { paused } } }');
  talk.enter('First question');
  await talk.until((text) => text.includes('Place 1'));
  talk.type(CTRL_C);
  await talk.untilPrompt(/Cancelled before it began\./);
  expect((await newestJob()).status).toBe('CANCELLED');
  await served.query('mutation { resumeScheduler { stats { paused } } }');
  expect(talk.session.conversation.messages).toEqual([]);

  talk.enter('/set parameter num_predict 100000');
  talk.enter('Second question');
  await talk.until((text) => /Second question\n[a-z]+ [a-z]+ [a-z]/.test(text));
  talk.enter('A third question, never asked');
  talk.type('half a question');
  talk.type(CTRL_C);
  // What was not sent yet stays, to be gone on with.
  await talk.until((text) => /Cancelled; what came is kept\.\n\n>>> half a question$/.test(text));
  const [question, answer, ...more] = talk.session.conversation.messages;
  expect(more).toEqual([]);
  expect(question?.content).toBe('Second question');
  expect(words(answer?.content ?? '').length).toBeGreaterThan(2);
});

test('/retry asks the last question again, also one without an answer', async () => {
  await using talk = await TypedConversation.begin(served.url, MODEL, { flags: { priority: 'low' } });
  talk.enter('/set parameter num_predict 5');
  talk.enter('One');
  await talk.untilPrompt(/One\n\S/);
  talk.enter('/retry');
  await talk.untilPrompt(/retry\n\S/);
  expect(talk.session.conversation.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  expect((await newestJob()).priority).toBe('LOW');

  talk.enter('/model no-such-model');
  await talk.until((text) => /vramkeeper pull no-such-model"\s+does\? \[y\/N\]$/.test(text));
  talk.enter('');
  await talk.untilPrompt(/Then choose another/);
  expect(talk.session.conversation.model).toBe(MODEL);
  talk.enter('/model all-minilm');
  await talk.untilPrompt(/cannot answer/);
});

test('Ctrl-C at the prompt says how to leave or drops what is typed, and Ctrl-D leaves', async () => {
  await using talk = await TypedConversation.begin(served.url, MODEL);
  await talk.until((text) => text.endsWith('>>>'));
  talk.type(CTRL_C);
  await talk.until((text) => /Ctrl-D or \/bye leaves[\s\S]*\n>>>\nCtrl-D or \/bye leaves.*\n>>>$/.test(text));
  talk.type(`never sent${CTRL_C}`);
  await talk.until((text) => /never sent\n>>>$/.test(text));
  talk.enter('"""');
  await talk.until((text) => text.endsWith('...'));
  talk.type(CTRL_C);
  await talk.until((text) => text.endsWith('>>>'));
  talk.type(CTRL_D);
  expect(await talk.ended).toBe(0);
  expect(talk.session.conversation.messages).toEqual([]);
});

test('lines between marks, or that were pasted, are one question', async () => {
  await using talk = await TypedConversation.begin(served.url, MODEL);
  talk.enter('/set parameter num_predict 5');
  for (const line of ['"""', 'one', 'two"""']) talk.enter(line);
  await talk.untilPrompt(/two"""\n\S/);
  talk.type('\u001b[200~three\rfour\rfive\u001b[201~');
  talk.type('\r');
  await talk.untilPrompt(/five\n\S/);
  expect(
    talk.session.conversation.messages.filter(({ role }) => role === 'user').map(({ content }) => content),
  ).toEqual(['one\ntwo', 'three\nfour\nfive']);
});

test('a conversation is saved, cleared and loaded; other files are left alone', async () => {
  await using talk = await TypedConversation.begin(served.url, MODEL, { flags: { system: 'Be brief.' } });
  const file = join(folder, 'talk one.json');
  const other = join(folder, 'notes.txt');
  await writeFile(other, 'mine');
  talk.enter('/set parameter num_predict 5');
  talk.enter('Remember me');
  await talk.untilPrompt(/Remember me\n\S/);
  const before = talk.session.conversation;
  talk.enter(`/save "${file}"`);
  await talk.untilPrompt(/Saved to/);
  talk.enter(`/save ${other}`);
  await talk.untilPrompt(/is no\s+conversation/);
  expect(await readFile(other, 'utf8')).toBe('mine');
  talk.enter('/clear');
  await talk.untilPrompt(/Forgotten/);
  expect(talk.session.conversation.messages).toEqual([]);
  talk.enter(`/load ${file}`);
  await talk.untilPrompt(/Goes on with 2 messages/);
  expect(talk.session.conversation).toEqual(before);
});

test('images are found in the text, or given before it; what is none is told', async () => {
  await using talk = await TypedConversation.begin(served.url, MODEL);
  const picture = join(folder, 'my cat.png');
  await writeFile(picture, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
  await writeFile(join(folder, 'text.png'), 'no picture at all, only words');
  talk.enter(`what is in "${picture}"?`);
  // This model does not see: the server says so.
  await talk.untilPrompt(/Added the image[\s\S]*image/);
  expect(talk.session.conversation.messages).toEqual([]);
  talk.enter(`/image ${join(folder, 'text.png')}`);
  await talk.untilPrompt(/is no image: it holds text/);
  talk.enter('/image nowhere.png');
  await talk.untilPrompt(/nowhere\.png cannot be read/);
  expect(talk.session.images).toEqual([]);
});

test('timings say how long it waited and how fast it read and wrote', async () => {
  await using talk = await TypedConversation.begin(served.url, MODEL, { flags: { verbose: true } });
  talk.enter('How fast are you?');
  const text = await talk.untilPrompt(/Answer +\d+ tokens/);
  for (const line of [/^Total +\d/m, /^Queue +\d/m, /^Load +\d/m, /^Prompt +\d+ tokens, [\d.]+ tokens\/s$/m])
    expect(text).toMatch(line);
});

test('an answer goes on where it was when the connection was lost', async () => {
  await using way = await CuttableWay.to(served.url);
  await using talk = await TypedConversation.begin(way.url, MODEL);
  talk.enter('/set parameter num_predict 400');
  talk.enter('Tell me more.');
  await talk.until((text) => /Tell me more\.\n([a-z]+\s+){12}/.test(text));
  way.cut();
  const text = await talk.untilPrompt(/Connected again\./);
  const job = await newestJob();
  const said = answerOn(text, 'Tell me more.').replace(/The connection is lost\.|Connected again\./g, '');
  // A word that was cut in two by the notes is put together again.
  expect(said.replace(/\s+/g, '')).toBe((job.result?.text ?? '').replace(/\s+/g, ''));
  expect(talk.session.conversation.messages.at(-1)?.content).toBe(job.result?.text);
});
