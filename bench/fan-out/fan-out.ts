/**
 * One batch of jobs told to many subscribers over WebSocket, against the bare sending of the same frames on as many sockets:
 * processor time for each event and subscriber, how long the event loop was held, and how long the submitter waited.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { WebSocketServer } from 'ws';
import type { App } from '../../src/app.ts';
import { withServedApp } from '../support/served-app.ts';

const SELECTIONS = {
  plain: 'type cursor previousStatus job { id status modelName priority createdAt }',
  explained: 'type cursor job { id status queuePosition waiting { reason explanation expectedStart } }',
};

interface Figures {
  /** Processor time of this process. */
  readonly microsecondsPerEvent: number;
  readonly longestHoldMs: number;
  readonly answerMs: number;
  readonly wholeMs: number;
  readonly bytesPerEvent: number;
}

export async function run(print: (line: string) => void, args: readonly string[] = []): Promise<void> {
  const subscribers = Number(args[0] ?? 1_000);
  const jobs = Number(args[1] ?? 200);
  const readers = fork(new URL('readers.ts', import.meta.url), { execArgv: [] });
  try {
    for (const [name, selection] of Object.entries(SELECTIONS)) {
      const told = await withServedApp({}, (app) => toldByServer(app, readers, subscribers, jobs, selection));
      const bare = await bareSends(readers, subscribers, jobs, told.bytesPerEvent);
      print(
        `${name}: ${subscribers} subscribers, one batch of ${jobs} jobs, ${told.bytesPerEvent} bytes an event`,
      );
      print(`  vramkeeper  ${figures(told)}, submission answered after ${told.answerMs.toFixed(0)} ms`);
      print(`  bare ws     ${figures(bare)}`);
      print(`  ratio       ${(told.microsecondsPerEvent / bare.microsecondsPerEvent).toFixed(2)}`);
    }
  } finally {
    readers.kill();
  }
}

function figures({ microsecondsPerEvent, longestHoldMs, wholeMs }: Figures): string {
  return `${microsecondsPerEvent.toFixed(1)} µs of processor time an event, done in ${(wholeMs / 1_000).toFixed(1)} s, event loop held for ${longestHoldMs.toFixed(0)} ms at most`;
}

async function toldByServer(
  app: App,
  readers: ChildProcess,
  subscribers: number,
  jobs: number,
  selection: string,
): Promise<Figures> {
  const query = `subscription { jobUpdated { ${selection} } }`;
  await tell(readers, {
    url: `${app.graphqlUrl.replace(/^http/, 'ws')}`,
    sockets: subscribers,
    say: [
      '{"type":"connection_init"}',
      JSON.stringify({ id: 'ffe1a6c2-3d0c-4a3b-8a38-2c2f3f1c9a77', type: 'subscribe', payload: { query } }),
    ],
  });
  const job = { model: 'llama3.2:1b', request: { generate: { prompt: 'Why is the sky blue?' } } };
  const submit = async (count: number) => {
    const response = await fetch(app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: 'mutation ($jobs: [SubmitJobInput!]!) { submitBatch(input: { jobs: $jobs }) { __typename } }',
        variables: { jobs: Array.from({ length: count }, () => job) },
      }),
    });
    await response.text();
  };
  // The first round warms up, and shows that every subscription has begun.
  await measured(readers, subscribers, 20, async () => await submit(20));
  return measured(readers, subscribers, jobs, async () => await submit(jobs));
}

async function bareSends(
  readers: ChildProcess,
  subscribers: number,
  events: number,
  bytesPerEvent: number,
): Promise<Figures> {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  const { port } = http.address() as AddressInfo;
  await tell(readers, { url: `ws://127.0.0.1:${port}`, sockets: subscribers, say: [] });
  const text = 'x'.repeat(bytesPerEvent);
  const send = async (count: number) => {
    for (let event = 0; event < count; event += 1) {
      for (const socket of server.clients) socket.send(text);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await measured(readers, subscribers, 20, async () => await send(20));
  const result = await measured(readers, subscribers, events, async () => await send(events));
  for (const socket of server.clients) socket.terminate();
  server.close();
  http.close();
  return result;
}

async function measured(
  readers: ChildProcess,
  subscribers: number,
  events: number,
  act: () => Promise<void>,
): Promise<Figures> {
  await tell(readers, { expect: subscribers * events });
  const done = once(readers, 'message');
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const cpu = process.cpuUsage();
  const began = performance.now();
  await act();
  const answerMs = performance.now() - began;
  const [{ bytes }] = (await done) as [{ bytes: number }];
  const used = process.cpuUsage(cpu);
  delay.disable();
  return {
    microsecondsPerEvent: (used.user + used.system) / (subscribers * events),
    longestHoldMs: delay.max / 1e6,
    answerMs,
    wholeMs: performance.now() - began,
    bytesPerEvent: Math.round(bytes / (subscribers * events)),
  };
}

async function tell(readers: ChildProcess, message: object): Promise<void> {
  const answered = once(readers, 'message');
  readers.send(message);
  await answered;
}
