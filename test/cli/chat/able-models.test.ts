/** What a conversation has of models that think, that see, or that are to be fetched first. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MiB } from '../../../src/domain/units.ts';
import { DEFAULT_CATALOG } from '../../../src/virtual-ollama/core/default-catalog.ts';
import { TypedConversation } from '../support/conversation.ts';
import { Served } from '../support/served.ts';

const MODEL = 'qwen2.5:0.5b';
const ABLE = 'gemma:2b';
const CTRL_C = '\u0003';
const UP = '\u001b[A';

let served: Served;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-'));
  const catalog = DEFAULT_CATALOG.map((model) =>
    model.name === ABLE ? { ...model, capabilities: ['completion', 'thinking', 'vision'] as const } : model,
  );
  served = await Served.start({ catalog, speed: 4 });
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const words = (text: string) => text.split(/\s+/).filter(Boolean);

async function newestResult(): Promise<{ readonly text: string; readonly thinking: string }> {
  const answer = await served.query(
    '{ jobs(first: 1) { nodes { result { ... on TextResult { text thinking } } } } }',
  );
  return (answer as { data: { jobs: { nodes: [{ result: { text: string; thinking: string } }] } } }).data.jobs
    .nodes[0].result;
}

/** What stands between the question and the next prompt. */
function answerOn(text: string, question: string): string {
  return text.slice(text.lastIndexOf(question) + question.length).replace(/\n>>>$/, '');
}

describe('thinking', () => {
  const question = 'Think about it.';

  test('is shown before the answer, dimmed and set apart, and is no part of what is said later', async () => {
    await using talk = await TypedConversation.begin(served.url, ABLE, { flags: { think: 'true' } });
    talk.enter(question);
    const text = await talk.untilPrompt(/Think about it\.\n[\s\S]+\n\n/);
    const result = await newestResult();
    expect(result.thinking).not.toBe('');
    const [thought = '', ...answer] = answerOn(text, question).trim().split('\n\n');
    expect(words(thought)).toEqual(words(result.thinking));
    expect(words(answer.join(' '))).toEqual(words(result.text));
    const letters = (text: string) => text.replace(/\s+/g, '');
    expect(letters(talk.dimmed)).toContain(letters(result.thinking));
    expect(letters(talk.dimmed)).not.toContain(letters(result.text));
    expect(talk.session.conversation.messages.at(-1)?.content).toBe(result.text);
  });

  test('is not shown with --hidethinking, though the model thinks', async () => {
    const flags = { think: 'true', hidethinking: true };
    await using talk = await TypedConversation.begin(served.url, ABLE, { flags });
    talk.enter(question);
    const text = await talk.untilPrompt(/Think about it\.\n\S/);
    const result = await newestResult();
    expect(result.thinking).not.toBe('');
    expect(words(answerOn(text, question))).toEqual(words(result.text));
  });
});

test('an image is sent with its question and answered, and stays part of the conversation', async () => {
  await using talk = await TypedConversation.begin(served.url, ABLE, { flags: { think: 'false' } });
  const picture = join(folder, 'cat.png');
  await writeFile(picture, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
  talk.enter(`/image ${picture}`);
  await talk.untilPrompt(/The next question has an image\./);
  talk.enter('What is it?');
  const text = await talk.untilPrompt(/What is it\?\n\S/);
  expect(words(answerOn(text, 'What is it?'))).toEqual(words((await newestResult()).text));
  expect(talk.session.images).toEqual([]);
  expect(talk.session.conversation.messages[0]).toMatchObject({
    content: 'What is it?',
    images: [expect.stringContaining('iVBOR')],
  });
});

test('arrow up brings back what was typed before', async () => {
  await using talk = await TypedConversation.begin(served.url, MODEL);
  talk.enter('/set parameter num_predict 3');
  await talk.untilPrompt(/Set num_predict/);
  talk.enter('The first');
  await talk.untilPrompt(/The first\n\S/);
  talk.type(UP);
  await talk.until((text) => text.endsWith('>>> The first'));
  talk.type(UP);
  await talk.until((text) => text.endsWith('>>> /set parameter num_predict 3'));
  talk.type('0');
  talk.enter('');
  await talk.untilPrompt(/Set num_predict to 30\./);
});

describe('/model with one that is not there offers to fetch it', () => {
  const MISSING = 'smollm:360m';
  const OFFER = new RegExp(`Fetch it now, as "vramkeeper pull ${MISSING}"\\s+does\\? \\[y/N\\]$`);

  test('and goes on with it where a person agrees', async () => {
    await served.run(['delete', MISSING]);
    await using talk = await TypedConversation.begin(served.url, MODEL);
    talk.enter(`/model ${MISSING}`);
    expect(await talk.until((text) => OFFER.test(text))).toContain(
      `No backend has a model named "${MISSING}".`,
    );
    talk.enter('y');
    await talk.untilPrompt(/smollm:360m answers from now on\./);
    expect(talk.session.conversation.model).toBe(MISSING);
    talk.enter('Are you new?');
    await talk.untilPrompt(/Are you new\?\n\S/);
  });

  test.each([
    ['n', 'n\r'],
    ['nothing', '\r'],
    ['Ctrl-C', CTRL_C],
    ['half a word and Ctrl-C', `ye${CTRL_C}`],
  ])('and stays with the one before after %s', async (_name, keys) => {
    await served.run(['delete', MISSING]);
    await using talk = await TypedConversation.begin(served.url, MODEL);
    talk.enter(`/model ${MISSING}`);
    await talk.until((text) => OFFER.test(text));
    talk.type(keys);
    await talk.untilPrompt(/Then choose another\./);
    expect(talk.session.conversation.model).toBe(MODEL);
    talk.enter('/set parameter num_predict 3');
    await talk.untilPrompt(/Set num_predict/);
  });

  test('and leaves a long download to the server at Ctrl-C', async () => {
    await using slow = await Served.start({ speed: 1, pullBytesPerSecond: 20 * MiB });
    await slow.run(['delete', MISSING]);
    await using talk = await TypedConversation.begin(slow.url, MODEL);
    talk.enter(`/model ${MISSING}`);
    await talk.until((text) => OFFER.test(text));
    talk.enter('y');
    await slow.untilPulling(MISSING);
    talk.type(CTRL_C);
    await talk.untilPrompt(/The download goes on without you\.[\s\S]*nobody to talk to/);
    expect(talk.session.conversation.model).toBe(MODEL);
    await slow.untilPulling(MISSING);
  });

  test('and tells why it cannot be fetched', async () => {
    await using talk = await TypedConversation.begin(served.url, MODEL);
    talk.enter('/model nothing:1b');
    await talk.until((text) => /\[y\/N\]$/.test(text));
    talk.enter('yes');
    await talk.untilPrompt(
      /nothing:1b could not be pulled\.[\s\S]*file\s+does\s+not\s+exist[\s\S]*nobody to talk to/,
    );
    expect(talk.session.conversation.model).toBe(MODEL);
  });
});
