/** submitJob over HTTP, durable and validated, against a bare yoga that answers hello: the same machine, the same client, in turns. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { createSchema, createYoga } from 'graphql-yoga';
import { createApp } from '../src/app.ts';
import { systemClock } from '../src/clock.ts';
import { createLoggerOn } from '../src/telemetry/logger.ts';

const SECONDS = 5;
const ROUNDS = 3;

const HELLO = { query: '{ hello }' };
const SUBMIT = {
  query: `mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename ... on SubmitJobPayload { job { id status } } } }`,
  variables: { input: { model: 'llama3.2:1b', request: { generate: { prompt: 'Why is the sky blue?' } } } },
};

export async function run(print: (line: string) => void): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const app = createApp(
    {
      host: '127.0.0.1',
      port: 0,
      dataDir,
      headroomBytes: 0,
      backends: [],
      retentionMs: 86_400_000,
      models: {},
      keepAliveMs: null,
      warmup: [],
      keepWarm: [],
      reservations: [],
      contextLength: 4096,
      queueLimit: 10_000_000,
      onClientGone: 'cancel',
      maxBodyBytes: 20 * 1024 ** 2,
      fileQuota: { ofClient: 2 ** 31, ofAll: 2 ** 33 },
      keys: [],
      hosts: [],
      origins: [],
      log: { level: 'silent', format: 'text', file: null },
      pollIntervalMs: 2_000,
      configFile: null,
    },
    { logger: createLoggerOn({ write: () => {} }, 'silent', systemClock) },
  );
  await app.start();
  const yoga = createYoga({
    schema: createSchema({
      typeDefs: 'type Query { hello: String }',
      resolvers: { Query: { hello: () => 'world' } },
    }),
    logging: false,
  });
  const hello = createServer(yoga).listen(0, '127.0.0.1');
  await new Promise((resolve) => hello.once('listening', resolve));
  const helloUrl = `http://127.0.0.1:${(hello.address() as AddressInfo).port}/graphql`;

  const rates: { readonly submit: number; readonly hello: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.push({ hello: await rate(helloUrl, HELLO), submit: await rate(app.graphqlUrl, SUBMIT) });
  }
  rates.sort((a, b) => a.submit / a.hello - b.submit / b.hello);
  const median = rates[Math.floor(rates.length / 2)];
  if (median) {
    print(`submitJob over HTTP, durable   ${Math.round(median.submit)}/s`);
    print(`bare yoga hello world          ${Math.round(median.hello)}/s`);
    print(
      `ratio                          ${(median.submit / median.hello).toFixed(2)} (median of ${ROUNDS} rounds of ${SECONDS} s, 64 connections)`,
    );
  }
  await app.stop({ graceMs: 0 });
  hello.closeAllConnections();
  hello.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function rate(url: string, body: object): Promise<number> {
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    connections: 64,
    duration: SECONDS,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} answers of ${url} were not 200, ${result.errors} failed.`);
  return result.requests.average;
}
