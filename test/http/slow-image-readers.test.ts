/** Images are in memory for few callers at a time, however many ask for them and do not read. */
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ImageService } from '../../src/accept/image-service.ts';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import { newId } from '../../src/domain/ids.ts';
import { imagePath } from '../../src/domain/image.ts';
import { MiB } from '../../src/domain/units.ts';
import { LargeAnswers } from '../../src/graphql/answer-budget.ts';
import { imageRoutes } from '../../src/http/routes/image-routes.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { eventually } from '../support/eventually.ts';
import { ANYONE } from '../support/graphql-api.ts';
import { startTestServer } from './support/test-server.ts';

test('who reads no image has half of the places, and the places are free when it goes', async () => {
  const clock = new VirtualClock();
  const store = createMemoryStore({ clock, serverId: newId('srv', clock, seededRandom(1)) });
  await store.start();
  let found = 0;
  let read = 0;
  const images = new ImageService({
    store: {
      images: {
        keep: (image) => store.images.keep(image),
        images: (ids, client) => {
          found += 1;
          return store.images.images(ids, client);
        },
      },
      blob: (hash) => {
        read += 1;
        return store.blob(hash);
      },
    },
    quota: { ofClient: 64 * MiB, ofAll: 64 * MiB },
  });
  const bytes = Buffer.alloc(16 * MiB, 7);
  bytes.set([0xff, 0xd8, 0xff, 0xe0]);
  const { id } = await images.keep(ANYONE, bytes);
  const places = new LargeAnswers(4);
  const server = await startTestServer({ http: { routes: imageRoutes(images, places) } });
  onTestFinished(() => server.http.stop());
  const { url } = server;

  const { host, hostname, port } = new URL(url);
  const readers: Socket[] = [];
  const leave = () => readers.splice(0).forEach((reader) => void reader.destroy());
  onTestFinished(leave);
  for (let i = 0; i < 8; i += 1) {
    const reader = connect(Number(port), hostname);
    reader.on('error', () => {});
    reader.pause();
    reader.write(`GET ${imagePath(id)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    readers.push(reader);
  }
  await eventually(
    () => found,
    (times) => times === 8,
  );
  const known = await fetch(url + imagePath(id), { headers: { 'if-none-match': `"${id}"` } });
  expect(known.status).toBe(304);
  expect([read, places.present]).toEqual([2, 2]);

  leave();
  await eventually(
    () => places.present,
    (present) => present === 0,
  );
  const sent = await fetch(url + imagePath(id));
  expect((await sent.arrayBuffer()).byteLength).toBe(bytes.length);
  await eventually(
    () => places.present,
    (present) => present === 0,
  );
});
