/**
 * What the gateway adds to the backend itself, in the same run: latency, requests each second, processor time, memory of those who wait. Beside it, what a proxy adds
 * that does nothing but pass on: so much is the machine's. Nothing is measured of a server whose code V8 still compiles, but for how dear that is.
 * `--profile FOLDER` leaves the processor profiles of the servers there.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { Agent, request } from 'undici';
import { durableWrites } from '../support/durable-write.ts';
import {
  type Running,
  type RunningServer,
  type ServerOptions,
  startBackend,
  startProxy,
  startServer,
} from './processes.ts';
import { chat, chatsInTurn, MODEL, nothingSeen, quantile, type Seen, streamChats } from './streams.ts';

const STREAMS = 50;
const TOKENS = 100;
const TOKENS_PER_SECOND = 20;
const ROUNDS = 3;
const SHORT_SECONDS = 5;
/** After so many chats V8 has compiled nearly all that they run through. */
const WARM_CHATS = 3_000;
const IN_TURN = 100;
const WAITING = 1_000;

type Print = (line: string) => void;

export async function run(print: Print, args: readonly string[] = []): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { profile: { type: 'string' } } });
  const options = { profileTo: values.profile };
  const disk = durableWrites(IN_TURN);
  print(
    `a durable write of 16 KiB here        p50 ${quantile(disk, 0.5).toFixed(2)} ms, p99 ${quantile(disk, 0.99).toFixed(2)} ms`,
  );
  await addedOneByOne(print, options);
  await addedLatency(print, options);
  await shortChats(print, options);
  await waiting(print, options);
}

/** Without others: what the way itself takes, and no waiting for the processor. */
async function addedOneByOne(print: Print, options: ServerOptions): Promise<void> {
  const backend = await startBackend(STREAMS, 1e6);
  const proxy = await startProxy(backend.url);
  const server = await startServer(backend.url, STREAMS, options);
  try {
    await warm(proxy, server);
    const [direct, passed, through] = [nothingSeen(), nothingSeen(), nothingSeen()];
    for (let round = 0; round < ROUNDS; round += 1) {
      add(direct, await chatsInTurn(backend.url, IN_TURN));
      add(passed, await chatsInTurn(proxy.url, IN_TURN));
      add(through, await chatsInTurn(server.url, IN_TURN));
    }
    print(`one stream after the other, ${ROUNDS} times ${IN_TURN} in turns`);
    compare(print, 'first byte', direct.firstByteMs, through.firstByteMs);
    compare(print, '  by a proxy', direct.firstByteMs, passed.firstByteMs);
    tellQueued(print, through);
  } finally {
    await server.stop();
    await proxy.stop();
    await backend.stop();
  }
}

async function addedLatency(print: Print, options: ServerOptions): Promise<void> {
  const backend = await startBackend(STREAMS, TOKENS_PER_SECOND);
  const proxy = await startProxy(backend.url);
  const server = await startServer(backend.url, STREAMS, options);
  try {
    await warm(proxy, server);
    const [direct, passed, through] = [nothingSeen(), nothingSeen(), nothingSeen()];
    let [proxyMs, serverMs] = [0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      add(direct, await streamChats(backend.url, STREAMS, TOKENS));
      const byProxy = await measured(proxy, () => streamChats(proxy.url, STREAMS, TOKENS));
      const byServer = await measured(server, () => streamChats(server.url, STREAMS, TOKENS));
      add(passed, byProxy.value);
      add(through, byServer.value);
      proxyMs += byProxy.cpuMs;
      serverMs += byServer.cpuMs;
    }
    print(
      `${STREAMS} streams at once, ${TOKENS_PER_SECOND} records a second each, ${ROUNDS} rounds in turns`,
    );
    compare(print, 'first byte', direct.firstByteMs, through.firstByteMs);
    compare(print, '  by a proxy', direct.firstByteMs, passed.firstByteMs);
    tellQueued(print, through);
    compare(print, 'each record', direct.chunkMs, through.chunkMs);
    compare(print, '  by a proxy', direct.chunkMs, passed.chunkMs);
    const each = (ms: number, { chunkMs }: Seen) => ((1_000 * ms) / chunkMs.length).toFixed(0);
    print(
      `  processor time of the server   ${each(serverMs, through)} µs a record; of a proxy ${each(proxyMs, passed)} µs`,
    );
  } finally {
    await server.stop();
    await proxy.stop();
    await backend.stop();
  }
}

function add(to: Seen, more: Seen): void {
  to.firstByteMs.push(...more.firstByteMs);
  to.chunkMs.push(...more.chunkMs);
  to.queuedMs.push(...more.queuedMs);
}

/** What of the added time is no latency of the way: a slot, or the processor, was not free. */
function tellQueued(print: Print, { queuedMs }: Seen): void {
  const [half, most] = [0.5, 0.99].map((share) => quantile(queuedMs, share).toFixed(0));
  print(`    of it in the queue           p50 ${half} ms, p99 ${most} ms`);
}

function compare(print: Print, name: string, direct: readonly number[], through: readonly number[]): void {
  const parts = [0.5, 0.99].map((share) => {
    const [bare, whole] = [quantile(direct, share), quantile(through, share)];
    return `p${share * 100} ${bare.toFixed(2)} -> ${whole.toFixed(2)} ms (${(whole - bare).toFixed(2)} added)`;
  });
  print(`  ${name.padEnd(29)}  ${parts.join(', ')}`);
}

interface Rates {
  readonly direct: number;
  readonly passed: number;
  readonly through: number;
}

async function shortChats(print: Print, options: ServerOptions): Promise<void> {
  const backend = await startBackend(STREAMS, 1e6);
  const proxy = await startProxy(backend.url);
  const server = await startServer(backend.url, STREAMS, options);
  try {
    const cold = await measured(server, () => warm(proxy, server));
    const rounds: Rates[] = [];
    let [proxyMs, serverMs] = [0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      const direct = await rate(backend.url);
      const byProxy = await measured(proxy, () => rate(proxy.url));
      const byServer = await measured(server, () => rate(server.url));
      rounds.push({ direct, passed: byProxy.value, through: byServer.value });
      proxyMs += byProxy.cpuMs;
      serverMs += byServer.cpuMs;
    }
    const middle = (of: (rates: Rates) => number) => quantile(rounds.map(of), 0.5);
    const each = (ms: number, of: (rates: Rates) => number) =>
      (ms / (SHORT_SECONDS * rounds.reduce((sum, rates) => sum + of(rates), 0))).toFixed(2);
    const tell = (what: string, of: (rates: Rates) => number) =>
      print(
        `  ${what.padEnd(29)}  ${Math.round(middle(of))}/s, ratio ${middle((rates) => of(rates) / rates.direct).toFixed(2)} (medians of ${ROUNDS})`,
      );
    print(
      `short chats, not streamed, ${STREAMS} at once: the backend alone ${Math.round(middle(({ direct }) => direct))}/s`,
    );
    tell('through the gateway', ({ through }) => through);
    tell('through a proxy', ({ passed }) => passed);
    print(
      `  processor time of the server   ${each(serverMs, ({ through }) => through)} ms a chat, ${(cold.cpuMs / WARM_CHATS).toFixed(2)} in its first ${WARM_CHATS}; of a proxy ${each(proxyMs, ({ passed }) => passed)} ms`,
    );
  } finally {
    await server.stop();
    await proxy.stop();
    await backend.stop();
  }
}

interface Measured<T> {
  readonly value: T;
  /** Processor time that the program took meanwhile, milliseconds. */
  readonly cpuMs: number;
}

async function measured<T>(program: Running, work: () => Promise<T>): Promise<Measured<T>> {
  const before = program.cpuMs();
  const value = await work();
  return { value, cpuMs: program.cpuMs() - before };
}

async function warm(...programs: readonly Running[]): Promise<void> {
  for (const { url } of programs) {
    await shortChatsAt(url, { amount: WARM_CHATS });
    await streamChats(url, STREAMS, 5);
  }
}

/** Each second. */
async function rate(url: string): Promise<number> {
  const { requests } = await shortChatsAt(url, { duration: SHORT_SECONDS });
  return requests.average;
}

async function shortChatsAt(
  url: string,
  until: Pick<autocannon.Options, 'amount' | 'duration'>,
): Promise<autocannon.Result> {
  const result = await autocannon({
    url: `${url}/api/chat`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(chat(1, { stream: false })),
    connections: STREAMS,
    timeout: 60,
    ...until,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers of ${url} were not 200, ${result.errors} failed.`);
  return result;
}

async function waiting(print: Print, options: ServerOptions): Promise<void> {
  const backend = await startBackend(STREAMS, TOKENS_PER_SECOND);
  const server = await startServer(backend.url, STREAMS, options);
  try {
    await streamChats(server.url, STREAMS, 5);
    await ask(server, 'mutation { pauseScheduler { __typename } }');
    // What the first ones need is there for good.
    await whileWaiting(server, WAITING / 10, async () => {});
    const before = await server.memory();
    await whileWaiting(server, WAITING, async () => {
      const after = await server.memory();
      const each = (field: keyof NodeJS.MemoryUsage) =>
        ((after[field] - before[field]) / WAITING / 1_024).toFixed(1);
      print(`${WAITING} requests waiting for their turn, each:`);
      print(
        `  memory                         ${each('heapUsed')} KiB of heap and ${each('external')} KiB beside it, ${each('rss')} KiB of the process`,
      );
    });
  } finally {
    await server.stop();
    await backend.stop();
  }
}

/** `use` runs while so many callers wait, who then leave. */
async function whileWaiting(server: RunningServer, count: number, use: () => Promise<void>): Promise<void> {
  const agent = new Agent({ connections: null, headersTimeout: 0 });
  const left = new AbortController();
  const body = JSON.stringify(chat(5));
  const url = `${server.url}/api/chat`;
  const callers = Array.from({ length: count }, () =>
    request(url, { method: 'POST', dispatcher: agent, body, signal: left.signal }).catch(() => {}),
  );
  while ((await pending(server)) < count) await pause(100);
  await use();
  left.abort();
  await Promise.all(callers);
  while ((await pending(server)) > 0) await pause(100);
  await agent.destroy();
}

async function pending(server: RunningServer): Promise<number> {
  const { jobs } = await ask(
    server,
    `{ jobs(first: 1, filter: { statuses: [PENDING], models: ["${MODEL}"] }) { totalCount } }`,
  );
  return jobs.totalCount;
}

async function ask(
  { url }: RunningServer,
  query: string,
): Promise<{ readonly jobs: { readonly totalCount: number } }> {
  const { body } = await request(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await body.json()) as {
    data?: Awaited<ReturnType<typeof ask>>;
    errors?: unknown;
  };
  if (!data) throw new Error(JSON.stringify(errors));
  return data;
}
