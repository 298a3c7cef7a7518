/**
 * What any program between client and backend costs here: takes a request, sends it on, and passes the answer back as it comes. It keeps nothing, checks nothing, and lets
 * nobody wait. `node proxy.ts BACKEND` tells its address over the channel.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';

const [backend = ''] = process.argv.slice(2);
const dispatcher = new Agent({ connections: null, pipelining: 1 });

const server = createServer(async (incoming, response) => {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  const answer = await request(backend + incoming.url, {
    method: 'POST',
    dispatcher,
    body: Buffer.concat(parts),
  });
  response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) });
  for await (const part of answer.body) response.write(part);
  response.end();
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.on('disconnect', () => process.exit());
