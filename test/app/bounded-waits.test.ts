/** Whoever asks a whole server for memory or a model is answered: now, when it can be no more, or after a bound with what stands in the way. */
import { describe, expect, it } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { eventually } from '../support/eventually.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { TestApp } from './test-app.ts';

const [SMALL, LARGE, OTHER] = ['smollm:360m', 'llama3.2:1b', 'gemma:2b'];
const MINUTE_MS = 60_000;

type Options = NonNullable<Parameters<typeof TestApp.start>[0]>;
// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
type Data = any;

/** One card that holds either of the large models, and not both. */
async function started(options: Options = {}): Promise<TestApp> {
  const ollama = { gpus: [{ totalBytes: 3 * GiB }], ...options.ollama };
  const t = await TestApp.start({ ...options, ollama });
  await eventually(async () => (await t.query(`{ model(name: "${SMALL}") { name } }`)).model);
  return t;
}

const ERRORS = '__typename ... on UserError { code message }';

async function mutate(t: TestApp, name: string, input: object, payload = ''): Promise<Data> {
  const type = name.charAt(0).toUpperCase() + name.slice(1);
  const text = `mutation ($input: ${type}Input!) { answer: ${name}(input: $input) { ${ERRORS} ${payload} } }`;
  return (await t.query(text, { input })).answer;
}

const reserve = (t: TestApp, bytes: number) =>
  mutate(t, 'reserveVram', { bytes }, '... on InsufficientVramError { largestBackendBytes }');

const pause = (t: TestApp) => t.query('mutation { pauseScheduler { __typename } }');

const statuses = async (t: TestApp) =>
  (await t.query('{ backends { instances { status } } }')).backends[0].instances.map(
    ({ status }: Data) => status,
  );

describe('a reservation for which there is no room', () => {
  it.each([
    ['on the card', async () => {}],
    ['beside a reservation', (t: TestApp) => reserve(t, 2 * GiB)],
    ['beside a pinned model', (t: TestApp) => mutate(t, 'pinModel', { model: LARGE })],
    [
      'beside what another program holds',
      async (t: TestApp) => {
        t.ollama.core.memory.setForeign(0, 2 * GiB);
        const foreign = async () =>
          (await t.query('{ backends { gpus { vram { foreignBytes } } } }')).backends[0].gpus[0].vram
            .foreignBytes;
        await eventually(foreign, (bytes) => bytes >= 2 * GiB);
      },
    ],
  ] as const)('%s is refused with the figure', async (where, taken) => {
    await using t = await started();
    await taken(t);
    const bytes = where === 'on the card' ? 4 * GiB : 2.5 * GiB;
    const refused = await reserve(t, bytes);
    expect(refused).toMatchObject({ code: 'INSUFFICIENT_VRAM', message: expect.stringMatching(/can give/) });
    expect(refused.largestBackendBytes).toBeLessThan(bytes);
  });
});

describe('a download that gets no further', () => {
  it('ends with words, for whoever asked, and the next one goes on', async () => {
    const clock = new SettableClock();
    await using t = await started({ clock });
    await mutate(t, 'deleteModel', { model: SMALL });
    t.ollama.core.faults.set({ stallMidPull: 2 });
    const pulled = await mutate(t, 'pullModel', { model: SMALL }, '... on PullModelPayload { pull { id } }');
    const pulls = async (): Promise<Data> =>
      (await t.query('{ modelPulls { id status error completedBytes } }')).modelPulls.find(
        ({ id }: Data) => id === pulled.pull.id,
      );
    await eventually(pulls, ({ completedBytes }) => completedBytes > 0);
    const pullHere = (more: object) =>
      fetch(`${t.app.url}/api/pull`, { method: 'POST', body: JSON.stringify({ model: SMALL, ...more }) });
    const followed = (await pullHere({})).text();
    clock.pass(11 * MINUTE_MS);
    expect((await followed).trimEnd().split('\n').at(-1)).toMatch(/"error":".*got no further/);
    expect(await pulls()).toMatchObject({ status: 'FAILED', error: expect.stringMatching(/got no further/) });
    t.ollama.core.faults.reset();
    expect(await (await pullHere({ stream: false })).json()).toEqual({ status: 'success' });
  });
});

describe.each(['loadModel', 'pinModel'] as const)('%s', (how) => {
  it('is answered when its model is deleted meanwhile', async () => {
    await using t = await started();
    await pause(t);
    const asked = mutate(t, how, { model: LARGE });
    expect(await mutate(t, 'deleteModel', { model: LARGE })).toEqual({ __typename: 'DeleteModelPayload' });
    expect(await asked).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('is answered when somebody else deletes its model while it loads', async () => {
    const clock = new SettableClock();
    await using t = await started({ clock, ollama: { speed: 1 } });
    t.ollama.core.faults.set({ hangLoad: 1 });
    const asked = mutate(t, how, { model: LARGE });
    await eventually(async () => (await statuses(t)).includes('LOADING'));
    const body = JSON.stringify({ model: LARGE });
    expect((await fetch(`${t.ollama.url}/api/delete`, { method: 'DELETE', body })).status).toBe(200);
    // The models are listed again.
    clock.pass(MINUTE_MS);
    expect(await asked).toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('behind a pin is refused at once, though that one is not loaded yet, and taken when its lease has ended', async () => {
    const clock = new SettableClock();
    // For so long that the lease ends meanwhile.
    await using t = await started({ clock, ollama: { loadBaseMs: 100_000 } });
    const first = mutate(t, 'pinModel', { model: LARGE, lease: 5 * MINUTE_MS });
    await eventually(async () => (await statuses(t)).includes('LOADING'));
    expect(await mutate(t, how, { model: OTHER })).toMatchObject({
      code: 'INSUFFICIENT_VRAM',
      message: expect.stringContaining(LARGE),
    });
    clock.pass(6 * MINUTE_MS);
    expect(await first).toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    expect(await mutate(t, how, { model: OTHER })).toMatchObject({
      __typename: expect.stringMatching(/Payload$/),
    });
  });
});
