/** Somebody sets the clock of the machine, and the server starts anew: what happens to all that has a time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { AppClient, attached, startApp, testConfig } from './test-app.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const [KEPT, LET_GO] = ['smollm:360m', 'all-minilm:latest'];

type Happening = {
  readonly live?: (clock: SettableClock) => void;
  readonly down?: (clock: SettableClock) => void;
};

/** What is known of the jump: seen by the server that runs, or told by the uptime of a machine that stays up. */
const HAPPENINGS: readonly (readonly [string, Happening])[] = [
  ['forward a year while a server runs, and the machine starts anew', { live: set(YEAR_MS), down: anew }],
  ['back a year while a server runs, and the machine starts anew', { live: set(-YEAR_MS), down: anew }],
  ['forward a year while none runs', { down: set(YEAR_MS) }],
  ['back a year while none runs', { down: set(-YEAR_MS) }],
];
/** Nobody can tell it from a pause of a year: what ends by the clock may end, and what is kept stays. */
const UNSEEN: readonly (readonly [string, Happening])[] = [
  [
    'forward a year in the dark',
    {
      down: (clock) => {
        anew(clock);
        clock.jump(YEAR_MS);
      },
    },
  ],
];

function set(ms: number) {
  return (clock: SettableClock) => clock.jump(ms);
}

function anew(clock: SettableClock): void {
  clock.reboot();
}

/** One server after the other on the same data. */
async function lives() {
  const clock = new SettableClock();
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-lives-'));
  const ollama = await runVirtualOllama({ gpus: [{ totalBytes: 24 * GiB }], numParallel: 2, speed: 20 });
  const models = { [KEPT]: { keepAliveMs: 3 * HOUR_MS }, [LET_GO]: { keepAliveMs: HOUR_MS } } as never;
  const config = testConfig(dataDir, [attached(ollama.url)], { models });
  const start = async () => {
    const client = new AppClient(await startApp(config, clock));
    await eventually(async () => (await fetch(`${client.app.url}/api/tags`)).ok);
    return client;
  };
  let current = await start();
  return {
    clock,
    get now() {
      return current;
    },
    async pass(ms: number) {
      clock.pass(ms);
      // Connections that were idle for so long are closed.
      await eventually(() =>
        fetch(`${current.app.url}/healthz`).then(
          (answer) => answer.ok,
          () => false,
        ),
      );
    },
    onTheWall: (ms: number) => new Date(clock.now() + ms).toISOString(),
    async restart({ live, down }: Happening) {
      live?.(clock);
      await current.app.stop({ graceMs: 0 });
      down?.(clock);
      current = await start();
    },
    async [Symbol.asyncDispose]() {
      await current.app.stop({ graceMs: 0 });
      await ollama.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const pause = (client: AppClient) => client.query('mutation { pauseScheduler { __typename } }');
const resume = (client: AppClient) => client.query('mutation { resumeScheduler { __typename } }');

function openai(client: AppClient): OpenAI {
  return new OpenAI({ apiKey: 'none', baseURL: `${client.app.url}/v1`, maxRetries: 0 });
}

async function upload(client: AppClient, seconds: number): Promise<string> {
  const line = { model: KEPT, messages: [{ role: 'user', content: 'Hi.' }], max_tokens: 4 };
  const text = JSON.stringify({ custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: line });
  const file = await toFile(Buffer.from(`${text}\n`), 'lines.jsonl');
  const expires_after = { anchor: 'created_at', seconds } as const;
  return (await openai(client).files.create({ file, purpose: 'batch', expires_after })).id;
}

const fileStatus = async (client: AppClient, id: string) =>
  (await fetch(`${client.app.url}/v1/files/${id}`)).status;

describe.each(HAPPENINGS)('when the clock is set %s', (_how, happening) => {
  it('reservations and pins have the time left that they had', async () => {
    await using s = await lives();
    await s.now.query(
      `mutation ($long: ReserveVramInput!, $short: ReserveVramInput!, $kept: PinModelInput!, $letGo: PinModelInput!) {
        long: reserveVram(input: $long) { __typename } short: reserveVram(input: $short) { __typename }
        kept: pinModel(input: $kept) { __typename } letGo: pinModel(input: $letGo) { __typename } }`,
      {
        long: { bytes: 1024, owner: 'long', lease: 3 * HOUR_MS },
        short: { bytes: 1024, owner: 'short', lease: HOUR_MS },
        kept: { model: KEPT, lease: 3 * HOUR_MS },
        letGo: { model: LET_GO, lease: HOUR_MS },
      },
    );
    const held = async () => {
      const { reservations, backends } = await s.now.query(
        '{ reservations { owner } backends { instances { modelName pinned } } }',
      );
      const pinned = backends[0].instances.filter((one: { pinned: boolean }) => one.pinned);
      return [...reservations, ...pinned]
        .map(({ owner, modelName }) => owner ?? modelName)
        .sort()
        .join();
    };
    await s.restart(happening);
    await eventually(held, (now) => now === [LET_GO, 'long', 'short', KEPT].sort().join());
    await s.pass(2 * HOUR_MS);
    await eventually(held, (now) => now === ['long', KEPT].join());
    await s.pass(2 * HOUR_MS);
    await eventually(held, (now) => now === '');
  });

  it('jobs have the time left to their deadlines that they had, and their age', async () => {
    await using s = await lives();
    await pause(s.now);
    const waits = (ms: number) => s.now.generate(KEPT, { deadline: s.onTheWall(ms) });
    const [soon, late] = [await waits(HOUR_MS), await waits(3 * HOUR_MS)];
    await s.restart(happening);
    const [soonAfter, lateAfter] = [await waits(HOUR_MS), await waits(3 * HOUR_MS)];
    const ids = [soon, late, soonAfter, lateAfter];
    for (const id of ids) expect(await s.now.job(id)).toMatchObject({ status: 'PENDING' });
    const { jobs } = await s.now.query('{ jobs(first: 10) { nodes { createdAt } } }');
    const times = jobs.nodes.map(({ createdAt }: { createdAt: string }) => Date.parse(createdAt));
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(HOUR_MS);
    await s.pass(2 * HOUR_MS);
    const passed = { status: 'FAILED', failure: { code: 'DEADLINE_EXCEEDED' } };
    for (const id of [soon, soonAfter]) expect(await s.now.ended(id)).toMatchObject(passed);
    await resume(s.now);
    for (const id of [late, lateAfter]) expect(await s.now.ended(id)).toMatchObject({ status: 'COMPLETE' });
  });

  it('batches have the time left in their windows that they had', async () => {
    await using s = await lives();
    await pause(s.now);
    const create = async (window: string) => {
      const input_file_id = await upload(s.now, 24 * 3_600);
      const asked = { input_file_id, endpoint: '/v1/chat/completions', completion_window: window as '24h' };
      return (await openai(s.now).batches.create(asked as never)).id;
    };
    const [soon, late] = [await create('1h'), await create('3h')];
    const status = async (id: string) => (await openai(s.now).batches.retrieve(id)).status;
    await eventually(
      async () => (await s.now.query('{ jobs(first: 10) { nodes { id } } }')).jobs.nodes.length === 2,
    );
    await s.restart(happening);
    for (const id of [soon, late]) expect(await status(id)).toBe('in_progress');
    await s.pass(2 * HOUR_MS);
    await eventually(async () => (await status(soon)) === 'expired');
    await resume(s.now);
    await eventually(async () => (await status(late)) === 'completed');
  });

  it('a model is kept for as long as its keep-alive says', async () => {
    await using s = await lives();
    await s.now.ended(await s.now.generate(KEPT));
    const { job } = await s.now.submit({ model: LET_GO, request: { embed: { input: ['one'] } } });
    await s.now.ended(job.id);
    const loaded = async () => {
      const { backends } = await s.now.query('{ backends { instances { modelName } } }');
      return backends[0].instances.map(({ modelName }: { modelName: string }) => modelName).join();
    };
    await s.restart(happening);
    await eventually(loaded, (now) => now.includes(KEPT) && now.includes(LET_GO));
    await s.pass(2 * HOUR_MS);
    await eventually(loaded, (now) => now === KEPT);
    await s.pass(2 * HOUR_MS);
    await eventually(loaded, (now) => now === '');
  });
});

describe.each([...HAPPENINGS, ...UNSEEN])('when the clock is set %s', (_how, happening) => {
  it('results, idempotency keys and files are kept for as long as was promised', async () => {
    await using s = await lives();
    const input = { request: { generate: { prompt: 'x' } }, model: KEPT, idempotencyKey: 'once' };
    const { job } = await s.now.submit(input);
    await s.now.ended(job.id);
    const [shortLived, longLived] = [await upload(s.now, 3_600), await upload(s.now, 24 * 3_600)];
    await s.restart(happening);
    await s.now.ended(await s.now.generate(KEPT));
    expect(await s.now.submit(input)).toMatchObject({ deduplicated: true, job: { id: job.id } });
    expect(await s.now.job(job.id)).toMatchObject({ status: 'COMPLETE' });
    for (const id of [shortLived, longLived]) expect(await fileStatus(s.now, id)).toBe(200);
    await s.pass(2 * HOUR_MS);
    await eventually(async () => (await fileStatus(s.now, shortLived)) === 404);
    await s.pass(23 * HOUR_MS);
    await eventually(async () => (await fileStatus(s.now, longLived)) === 404);
    expect(await s.now.submit(input)).toMatchObject({ deduplicated: false });
    await s.pass(7 * 24 * HOUR_MS);
    await eventually(async () => (await s.now.job(job.id)) === null);
  });
});
