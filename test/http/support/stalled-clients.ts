/**
 * Run with --expose-gc: clients of one transport ask for large events and stop reading; prints what the process holds when
 * their buffers are full, and again after 100,000 events more. A client that does read must go on as before.
 */

import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { nextTurn } from '../../../src/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { requestText } from './raw-client.ts';
import { startTestServer } from './test-server.ts';

const STALLED = 20;
const QUERY = 'subscription { changes(characters: 20000) }';

const server = await startTestServer();
const transport = process.argv[2];

/** Resolves once the first event has come; from then on it reads no more. */
function stalledEventStream(): Promise<void> {
  const body = JSON.stringify({ query: QUERY });
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    requestText(
      'POST /graphql HTTP/1.1',
      {
        host: 'localhost',
        accept: 'text/event-stream',
        'content-type': 'application/json',
        'content-length': body.length,
      },
      body,
    ),
  );
  let text = '';
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (!text.includes('event: next')) return;
      text = '';
      socket.pause();
      resolve();
    });
  });
}

function subscribe(onEvent: (socket: WebSocket) => void): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws');
  socket.once('open', () => socket.send('{"type":"connection_init"}'));
  return new Promise((resolve) => {
    socket.on('message', (data) => {
      if (String(data).includes('connection_ack')) {
        socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: QUERY } }));
        return;
      }
      onEvent(socket);
      resolve(socket);
    });
  });
}

const flooding: WebSocket[] = [];

/** Asks all the time and never listens; what the server does not read it keeps within bounds itself. */
function flood(): void {
  for (const socket of flooding) {
    for (let i = 0; i < 20 && socket.bufferedAmount < 100_000; i += 1) {
      socket.send(JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(1_000) } }));
    }
  }
}

for (let i = 0; i < STALLED; i += 1) {
  if (transport === 'sse') await stalledEventStream();
  else {
    const socket = await subscribe((each) => each.pause());
    if (transport === 'flood') flooding.push(socket);
  }
}
let healthy = 0;
await subscribe(() => {
  healthy += 1;
});

async function publish(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    server.log.publish({ kind: 'vram' }, i);
    if (i % 50 !== 0) continue;
    flood();
    await nextTurn();
  }
}

/** Of this process, clients included: they hold a fixed amount each. What is written as text is in neither heap figure. */
function held() {
  if (!globalThis.gc) throw new Error('Run with --expose-gc.');
  for (let i = 0; i < 3; i += 1) globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

// Until the kernel takes no more from any of the stalled ones.
await publish(40_000);
const before = held();
const seenBefore = healthy;
await publish(100_000);
const after = held();
await eventually(() => healthy > seenBefore);
console.log(
  JSON.stringify({
    heapBefore: before.heap,
    heapGrowth: after.heap - before.heap,
    rssGrowth: after.rss - before.rss,
    seen: healthy - seenBefore,
    waiting: server.log.waiting,
  }),
);
process.exit(0);
