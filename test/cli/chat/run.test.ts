/** `run` and `chat` as programs and scripts use them: through pipes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { Served } from '../support/served.ts';

const MODEL = 'qwen2.5:0.5b';

let served: Served;
beforeAll(async () => {
  served = await Served.start({ speed: 4 });
});
afterAll(() => served[Symbol.asyncDispose]());

interface NewestJob {
  readonly id: string;
  readonly status: string;
  readonly result: { readonly text: string } | null;
}

async function newestJob(): Promise<NewestJob> {
  const answer = await served.query(
    '{ jobs(first: 1) { nodes { id status result { ... on TextResult { text } } } } }',
  );
  return (answer as { data: { jobs: { nodes: NewestJob[] } } }).data.jobs.nodes[0] as NewestJob;
}

async function untilStatus(id: string, status: string): Promise<void> {
  await eventually(
    () => served.query(`{ job(id: "${id}") { status } }`),
    (seen) => JSON.stringify(seen).includes(status),
  );
}

describe('run', () => {
  test('prints the answer and nothing else, and ends', async () => {
    const { code, out, notes } = await served.run(['run', MODEL, 'Why', 'not?']);
    expect(code).toBe(0);
    expect(out.trimEnd()).toBe((await newestJob()).result?.text.trimEnd());
    expect(notes).toBe('');
  });

  test('takes standard input before the words', async () => {
    served.ollama.core.faults.set({ quotePrompt: 3 });
    const { code, notes } = await served.run(['run', MODEL, 'Sum', 'up.'], { input: 'A long text.\n' });
    served.ollama.core.faults.set({ quotePrompt: 0 });
    expect(code).toBe(1);
    expect(notes).toContain('A long text. Sum up.');
  });

  test('prints timings beside it, or the job as JSON', async () => {
    const told = await served.run(['run', MODEL, '--verbose', '--keepalive', '5m', 'Hello']);
    expect(told.notes).toMatch(/^Queue +\d/m);
    expect(told.notes).toMatch(/--keepalive changes nothing: the server decides/);
    const { out } = await served.run(['run', MODEL, '--json', 'Hello']);
    expect(JSON.parse(out)).toMatchObject({ status: 'COMPLETE', kind: 'CHAT', priority: 'HIGH' });
  });

  test.each([
    [
      ['run', 'no-such-model', 'x'],
      1,
      /No backend has a model named "no-such-model"\.\nFetch it with "vramkeeper pull no-such-model"/,
    ],
    [['run', 'all-minilm', 'x'], 1, /cannot answer\. Choose another model/],
    [['run', MODEL], 2, /Give a prompt for/],
    [['run', MODEL, '--think', 'x', '--priority', 'now'], 2, /"now" is not a priority/],
    [['chat', MODEL, '--format', 'nowhere.json'], 1, /nowhere\.json cannot be read/],
    [['chat', 'no-such-model'], 1, /Fetch it with "vramkeeper pull no-such-model"/],
    [['chat', MODEL, '--server', 'http://127.0.0.1:1'], 1, /There is no vramkeeper server/],
  ])('%j is told what is wrong', async (args, exit, says) => {
    const { code, out, notes } = await served.run(args);
    expect(notes).toMatch(says);
    expect([code, out]).toEqual([exit, '']);
  });

  test('Ctrl-C cancels the job; a terminal that goes away does not', async () => {
    await served.query('mutation { pauseScheduler { stats { paused } } }');
    const ends = async (signal: NodeJS.Signals) => {
      const before = (await newestJob()).id;
      await using program = served.begin(['run', MODEL, 'Are you there?']);
      const { id } = await eventually(newestJob, (job) => job.id !== before);
      // Its handlers stand before it is told the id of its job.
      await program.untilSaid(/Waits: /);
      program.kill(signal);
      return { id, ...(await program.ended) };
    };
    const stopped = await ends('SIGINT');
    expect(stopped.code).toBe(130);
    await untilStatus(stopped.id, 'CANCELLED');
    const left = await ends('SIGHUP');
    expect(left.code).toBe(130);
    expect(left.notes).toContain(`vramkeeper follow ${left.id}`);
    await served.query('mutation { resumeScheduler { stats { paused } } }');
    await untilStatus(left.id, 'COMPLETE');
  });
});

test('a file of questions and commands is answered to its end', async () => {
  const { code, out, notes } = await served.run(['chat', MODEL], {
    input: '/set parameter num_predict 4\nOne\n"""\nTwo\nlines\n"""\n/save talk.json\n/nothing\nThree',
  });
  expect(code).toBe(0);
  expect(out.trimEnd().split('\n')).toHaveLength(3);
  expect(notes).toMatch(/Saved to talk\.json\.\nThere is no \/nothing/);
  const again = await served.run(['chat', MODEL], { input: '/load talk.json\n/show\n/bye\nnever asked\n' });
  expect(again.notes).toMatch(/Goes on with 4 messages/);
  expect(again.out).toBe('');
});
