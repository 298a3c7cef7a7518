/** Which failures cost a job an attempt, which cost others something, and which cost nobody. */
import { describe, expect, it } from 'vitest';
import { createRig } from '../backend/managed/support/rig.ts';
import { startManaged } from './managed-app.ts';
import { type AppClient, TestApp } from './test-app.ts';

const MODEL = 'smollm:360m';
const KILLER = 'the word that kills';

const asking = (prompt: string, maxTokens = 40) => ({
  request: { generate: { prompt, options: { maxTokens } } },
});

/** Jobs that are claimed at one time. */
async function together<T>(t: AppClient, submit: () => Promise<T>): Promise<T> {
  await t.query('mutation { pauseScheduler { __typename } }');
  const submitted = await submit();
  await t.query('mutation { resumeScheduler { __typename } }');
  return submitted;
}

const loadsOf = (t: TestApp) => t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded').length;

async function attemptsOf(t: AppClient, id: string) {
  const { job } = await t.query(
    'query ($id: ID!) { job(id: $id) { status failure { code } attemptsOmitted attempts { number counts failure { code message } } } }',
    { id },
  );
  return job;
}

describe('a load that fails', () => {
  it.each([
    ['runs out of memory', { oomOnLoad: 1 }],
    ['is refused by a full queue', { queueFull: 3 }],
    ['is answered with an error', { http500: 3 }],
  ])('costs jobs that never ran no attempt when it %s', async (_how, faults) => {
    await using t = await TestApp.start();
    await t.ended(await t.generate('gemma:2b'));
    t.ollama.core.faults.set(faults);
    const ids = await Promise.all([1, 2, 3, 4].map(() => t.generate(MODEL, { maxAttempts: 1 })));
    for (const id of ids) {
      expect((await t.ended(id)).status).toBe('COMPLETE');
      expect((await attemptsOf(t, id)).attempts).toHaveLength(1);
    }
  });

  it('costs them none on processes of our own either', async () => {
    const rig = createRig();
    rig.fail({ exitAtStart: 3 });
    const t = await startManaged(rig);
    const id = await t.generate('qwen2.5:0.5b', { maxAttempts: 1 });
    expect((await t.ended(id)).status).toBe('COMPLETE');
  });
});

describe('the death of an engine', () => {
  it('costs only the job that it dies of, and that one fails in the end', async () => {
    await using t = await TestApp.start({ ollama: { numParallel: 4 }, backend: { parallel: 4 } });
    t.ollama.core.faults.set({ dieOf: KILLER });
    await t.ended(await t.generate(MODEL));
    const { killer, innocent } = await together(t, async () => ({
      killer: await t.generate(MODEL, { maxAttempts: 2, ...asking(KILLER, 100) }),
      innocent: await Promise.all(
        // So long that they would meet again, whenever they come back.
        [1, 2, 3].map((n) => t.generate(MODEL, { maxAttempts: 1, ...asking(`question ${n}`, 1_500) })),
      ),
    }));
    for (const id of innocent) expect((await t.ended(id)).status).toBe('COMPLETE');
    const dead = await t.ended(killer);
    expect(dead).toMatchObject({ status: 'FAILED', failure: { code: 'ENGINE_DIED' } });
    const { attempts } = await attemptsOf(t, killer);
    expect(attempts.filter(({ counts }: { counts: boolean }) => counts)).toHaveLength(2);
    // One with the others, and one for each attempt of its own.
    expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'engine-died')).toHaveLength(3);
  });

  it('by texts to embed is no different', async () => {
    await using t = await TestApp.start({ ollama: { numParallel: 4 }, backend: { parallel: 4 } });
    t.ollama.core.faults.set({ dieOf: KILLER });
    const embed = async (input: string, maxAttempts: number) =>
      (await t.submit({ model: 'all-minilm', maxAttempts, request: { embed: { input: [input] } } })).job.id;
    const killer = await embed(KILLER, 1);
    const innocent = await Promise.all(['one', 'two', 'three', 'four'].map((text) => embed(text, 1)));
    for (const id of innocent) expect((await t.ended(id)).status).toBe('COMPLETE');
    expect(await t.ended(killer)).toMatchObject({ status: 'FAILED', failure: { code: 'ENGINE_DIED' } });
  });

  it('on processes of our own is no different', async () => {
    const rig = createRig([4096], 10);
    const t = await startManaged(rig);
    const small = 'qwen2.5:0.5b';
    await t.ended(await t.generate(small));
    rig.fail({ dieOf: KILLER });
    const killer = await t.generate(small, { maxAttempts: 2, ...asking(KILLER) });
    const innocent = await Promise.all(
      [1, 2, 3].map((n) => t.generate(small, { maxAttempts: 1, ...asking(`question ${n}`) })),
    );
    for (const id of innocent) expect((await t.ended(id)).status).toBe('COMPLETE');
    expect(await t.ended(killer)).toMatchObject({ status: 'FAILED', failure: { code: 'ENGINE_DIED' } });
  });

  it('that nobody is to blame for costs nobody an attempt, though it comes again', async () => {
    await using t = await TestApp.start({ ollama: { numParallel: 4, speed: 4 }, backend: { parallel: 4 } });
    await t.ended(await t.generate(MODEL));
    const ids = await Promise.all(
      [1, 2, 3, 4].map((n) => t.generate(MODEL, { maxAttempts: 1, ...asking(`question ${n}`, 300) })),
    );
    for (const id of ids) await t.jobWhen(id, ({ status }) => status === 'RUNNING');
    const [runner] = t.ollama.core.scheduler.runners();
    runner?.engine.die('an error was encountered while running the model: unexpected EOF');
    for (const id of ids) {
      expect((await t.ended(id)).status).toBe('COMPLETE');
      const { attempts } = await attemptsOf(t, id);
      expect(attempts.filter(({ counts }: { counts: boolean }) => counts)).toEqual([]);
    }
  });
});

describe('a server that has too much to do', () => {
  it('costs no attempt and no model, and is asked less and less often', async () => {
    await using t = await TestApp.start();
    await t.ended(await t.generate(MODEL));
    t.ollama.core.faults.set({ queueFull: 3 });
    const id = await t.generate(MODEL, { maxAttempts: 1 });
    expect((await t.ended(id)).status).toBe('COMPLETE');
    const { attempts } = await attemptsOf(t, id);
    expect(attempts).toMatchObject([
      { number: 1, counts: false },
      { number: 2, counts: false },
      { number: 3, counts: false },
      { number: 4, counts: false, failure: null },
    ]);
    expect(loadsOf(t)).toBe(1);
  });
});

describe('a server that is well and cuts the connection of a job', () => {
  it('costs that job its attempts, and nobody else anything', async () => {
    await using t = await TestApp.start();
    await t.ended(await t.generate(MODEL));
    t.ollama.core.faults.set({ cutMidStream: 1 });
    expect(await t.ended(await t.generate(MODEL, { maxAttempts: 1 }))).toMatchObject({
      status: 'FAILED',
      failure: { code: 'BACKEND_ERROR', retryable: true },
    });
    t.ollama.core.faults.set({ cutMidStream: 5 });
    const ids = await Promise.all([1, 2, 3, 4, 5].map(() => t.generate(MODEL, { maxAttempts: 1 })));
    for (const id of ids) expect((await t.ended(id)).status).toBe('FAILED');
    expect((await t.ended(await t.generate(MODEL))).status).toBe('COMPLETE');
    expect(loadsOf(t)).toBe(1);
  });
});

describe('a request that fails by itself', () => {
  it.each([
    [
      'has no numbers',
      'REQUEST_REJECTED',
      { notANumberOf: 'odd' },
      { model: 'all-minilm', request: { embed: { input: ['odd'] } } },
    ],
    [
      'is too long',
      'CONTEXT_LENGTH_EXCEEDED',
      {},
      // By the length of its text it might fit; only the server counts tokens.
      { model: 'all-minilm', request: { embed: { input: ['word '.repeat(700)], truncate: false } } },
    ],
  ])('because it %s is refused once, and the model stays', async (_why, code, faults, input) => {
    await using t = await TestApp.start();
    t.ollama.core.faults.set(faults);
    const answer = await t.submit({ ...input, maxAttempts: 3 });
    const done = await t.ended(answer.job.id);
    expect(done).toMatchObject({ status: 'FAILED', failure: { code, retryable: false } });
    expect(done.attempts).toHaveLength(1);
    expect(loadsOf(t)).toBe(1);
  });

  it('in words that nobody knows is tried as often as it may be, and the model stays for the others', async () => {
    await using t = await TestApp.start();
    t.ollama.core.faults.set({ failOf: 'odd' });
    const odd = await t.generate(MODEL, { maxAttempts: 3, ...asking('odd') });
    const well = [];
    while ((await t.job(odd)).status !== 'FAILED') well.push((await t.ended(await t.generate(MODEL))).status);
    expect(new Set(well)).toEqual(new Set(['COMPLETE']));
    expect((await t.job(odd)).attempts).toHaveLength(3);
    expect(loadsOf(t)).toBe(1);
  });

  it('but an instance on which every job fails is loaded anew', async () => {
    await using t = await TestApp.start();
    await t.ended(await t.generate(MODEL));
    t.ollama.core.faults.set({ failOf: 'question' });
    const ids = await Promise.all(
      [1, 2, 3, 4].map((n) => t.generate(MODEL, { maxAttempts: 1, ...asking(`question ${n}`) })),
    );
    for (const id of ids) expect((await t.ended(id)).status).toBe('FAILED');
    t.ollama.core.faults.set({ failOf: '' });
    expect((await t.ended(await t.generate(MODEL))).status).toBe('COMPLETE');
    expect(loadsOf(t)).toBe(2);
  });
});
