/** Requests that no client library would send: none makes the server fail, and none costs it memory. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { MiB } from '../../src/domain/units.ts';
import { TestApp } from '../app/test-app.ts';
import { openRaw } from '../http/support/raw-client.ts';
import { heldBytes } from '../support/heap.ts';
import { hostileRequests } from './support/hostile-requests.ts';

const REQUESTS = Number(process.env.REQUESTS ?? 20_000);
const SEED = Number(process.env.SEED ?? 20261201);
const AT_ONCE = 48;
/** How long a client waits for more before it ends its side: what was sent may be the beginning of something. */
const PATIENCE_MS = 500;
const MOST_GROWTH = 8 * MiB;
/** What Ollama itself answers so to what is wrong in a request, and so do we in its place. */
const AS_OLLAMA = /\{"error":"(option \\"[^"]*\\" must be of type|pull model manifest: )/;

/** Fills the caches of queries, sound and not, with few that are large and cheap: what was in them counts as gone. */
async function emptyCaches(port: number): Promise<void> {
  for (let i = 0; i < 20; i += 1)
    for (const query of ['{ __typename }', '{']) {
      const body = JSON.stringify({ query: `${query} #${i}${' '.repeat(60_000)}` });
      await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }).then((response) => response.text());
    }
}

/** What the server says to `text`, for as long as it says anything. */
async function answerTo(port: number, text: string): Promise<string> {
  const { socket, received, closed } = openRaw(port);
  // Whoever hears nothing for so long ends their side, and then the connection.
  socket.setTimeout(PATIENCE_MS);
  socket.once('timeout', () => {
    socket.end();
    socket.once('timeout', () => socket.destroy());
  });
  socket.write(text, 'latin1');
  await closed;
  return received();
}

/** Sends them all. @returns what is wrong with the server that took them. */
async function assault(port: number, requests: number): Promise<readonly string[]> {
  const random = seededRandom(SEED);
  const next = hostileRequests(random);
  const findings: string[] = [];
  const unhandled = (error: unknown) => findings.push(`Nobody handled ${error}`);
  process.on('unhandledRejection', unhandled);
  const statuses = new Map<string, number>();
  let sent = 0;
  const half = async (until: number) => {
    const one = async () => {
      while (sent < until) {
        sent += 1;
        const text = next();
        const answer = await answerTo(port, text);
        const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'none';
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if ((status === '500' && !AS_OLLAMA.test(answer)) || answer.includes('INTERNAL_ERROR'))
          findings.push(`${JSON.stringify(text)} is answered with ${answer.slice(0, 2_000)}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    await emptyCaches(port);
    return heldBytes();
  };
  const middle = await half(requests / 2);
  const growth = (await half(requests)) - middle;
  if (growth > MOST_GROWTH) findings.push(`The heap grew by ${growth} bytes.`);
  process.off('unhandledRejection', unhandled);
  console.log(`${requests} requests: ${JSON.stringify(Object.fromEntries(statuses))}, heap ${growth} bytes`);
  return findings;
}

it(`${REQUESTS} malformed requests neither fail nor fill the server (seed ${SEED})`, async () => {
  await using server = await TestApp.start({ ollama: { speed: 1_000 } });
  await server.ended(await server.generate('smollm:360m'));
  const findings = await assault(Number(new URL(server.app.url).port), REQUESTS);
  expect(findings.slice(0, 5)).toEqual([]);
  expect((await server.ended(await server.generate('smollm:360m'))).status).toBe('COMPLETE');
});

it('and they find a server that trusts what it is sent, and one that keeps it', async () => {
  const kept: unknown[] = [];
  const careless = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    request.on('error', () => {});
    for await (const part of request) parts.push(part as Buffer);
    kept.push(Array.from({ length: 5_000 }, () => ({})));
    try {
      JSON.parse(Buffer.concat(parts).toString());
      response.end('{}');
    } catch {
      response.writeHead(500).end();
    }
  });
  careless.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => careless.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => careless.closeAllConnections());
  onTestFinished(() => void careless.close());
  const findings = await assault((careless.address() as AddressInfo).port, 1_000);
  expect(findings.join('\n')).toMatch(/is answered with HTTP\/1\.1 500/);
  expect(findings.join('\n')).toMatch(/The heap grew/);
});
