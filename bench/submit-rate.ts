/** submitJob over HTTP, durable and validated, against a bare yoga that answers hello: the same machine, the same client, in turns. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import autocannon from 'autocannon';
import { createSchema, createYoga } from 'graphql-yoga';
import type { App } from '../src/app.ts';
import { withServedApp } from './support/served-app.ts';

const SECONDS = 5;
const ROUNDS = 3;

const HELLO = { query: '{ hello }' };
const SUBMIT = {
  query: `mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename ... on SubmitJobPayload { job { id status } } } }`,
  variables: { input: { model: 'llama3.2:1b', request: { generate: { prompt: 'Why is the sky blue?' } } } },
};

export async function run(print: (line: string) => void): Promise<void> {
  await withServedApp({}, (app) => compare(app, print));
}

async function compare(app: App, print: (line: string) => void): Promise<void> {
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
  hello.closeAllConnections();
  hello.close();
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
