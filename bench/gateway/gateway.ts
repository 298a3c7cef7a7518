/**
 * What the gateway adds to the backend itself, in the same run: latency, requests each second, processor time, memory of those who wait.
 * `--profile FOLDER` leaves the processor profiles of the servers there.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { Agent, request } from 'undici';
import { durableWrites } from '../support/durable-write.ts';
import { type RunningServer, type ServerOptions, startBackend, startServer } from './processes.ts';
import { chat, chatsInTurn, MODEL, nothingSeen, quantile, type Seen, streamChats } from './streams.ts';

const STREAMS = 50;
const TOKENS = 100;
const TOKENS_PER_SECOND = 20;
const ROUNDS = 3;
const SHORT_SECONDS = 5;
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
  const server = await startServer(backend.url, STREAMS, options);
  try {
    await chatsInTurn(server.url, 2 * IN_TURN);
    const [direct, through] = [nothingSeen(), nothingSeen()];
    for (let round = 0; round < ROUNDS; round += 1) {
      add(direct, await chatsInTurn(backend.url, IN_TURN));
      add(through, await chatsInTurn(server.url, IN_TURN));
    }
    print(`one stream after the other, ${ROUNDS} times ${IN_TURN} in turns`);
    compare(print, 'first byte', direct.firstByteMs, through.firstByteMs);
    tellQueued(print, through);
  } finally {
    await server.stop();
    await backend.stop();
  }
}

async function addedLatency(print: Print, options: ServerOptions): Promise<void> {
  const backend = await startBackend(STREAMS, TOKENS_PER_SECOND);
  const server = await startServer(backend.url, STREAMS, options);
  try {
    await streamChats(server.url, STREAMS, 5);
    const [direct, through] = [nothingSeen(), nothingSeen()];
    let cpuMs = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      add(direct, await streamChats(backend.url, STREAMS, TOKENS));
      const before = server.cpuMs();
      add(through, await streamChats(server.url, STREAMS, TOKENS));
      cpuMs += server.cpuMs() - before;
    }
    print(
      `${STREAMS} streams at once, ${TOKENS_PER_SECOND} records a second each, ${ROUNDS} rounds in turns`,
    );
    compare(print, 'first byte', direct.firstByteMs, through.firstByteMs);
    tellQueued(print, through);
    compare(print, 'each record', direct.chunkMs, through.chunkMs);
    print(
      `  processor time of the server   ${((1_000 * cpuMs) / through.chunkMs.length).toFixed(0)} µs a record`,
    );
  } finally {
    await server.stop();
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

async function shortChats(print: Print, options: ServerOptions): Promise<void> {
  const backend = await startBackend(STREAMS, 1e6);
  const server = await startServer(backend.url, STREAMS, options);
  try {
    await rate(server.url, 1);
    const before = server.cpuMs();
    const rates: { readonly direct: number; readonly through: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rates.push({
        direct: await rate(backend.url, SHORT_SECONDS),
        through: await rate(server.url, SHORT_SECONDS),
      });
    }
    rates.sort((a, b) => a.through / a.direct - b.through / b.direct);
    const { direct, through } = rates[Math.floor(ROUNDS / 2)] ?? { direct: 0, through: 0 };
    const chats = SHORT_SECONDS * rates.reduce((sum, each) => sum + each.through, 0);
    print(`short chats, not streamed, ${STREAMS} at once: the backend alone ${Math.round(direct)}/s`);
    print(
      `  through the gateway            ${Math.round(through)}/s, ratio ${(through / direct).toFixed(2)} (median of ${ROUNDS})`,
    );
    print(`  processor time of the server   ${((server.cpuMs() - before) / chats).toFixed(2)} ms a chat`);
  } finally {
    await server.stop();
    await backend.stop();
  }
}

async function rate(url: string, duration: number): Promise<number> {
  const result = await autocannon({
    url: `${url}/api/chat`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(chat(1, { stream: false })),
    connections: STREAMS,
    duration,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers of ${url} were not 200, ${result.errors} failed.`);
  return result.requests.average;
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
