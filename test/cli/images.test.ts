/** What `submit` takes for an image, and what it refuses before anything is sent. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageKind } from '../../src/cli/submit/image-kind.ts';
import { deadUrl } from '../backend/ollama/raw-server.ts';
import { Served } from './support/served.ts';

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served[Symbol.asyncDispose]());

const rest = '\0'.repeat(20);
const PNG = Buffer.from(`\x89PNG\r\n\x1a\n${rest}`, 'latin1');

test.each([
  ['PNG', PNG],
  ['JPEG', Buffer.from(`\xff\xd8\xff\xe0${rest}`, 'latin1')],
  ['GIF', Buffer.from(`GIF89a${rest}`, 'latin1')],
  ['WebP', Buffer.from(`RIFF\0\0\0\0WEBP${rest}`, 'latin1')],
  ['BMP', Buffer.from(`BM${rest}`, 'latin1')],
  ['TIFF', Buffer.from(`II*\0${rest}`, 'latin1')],
  ['AVIF', Buffer.from(`\0\0\0\x1cftypavif${rest}`, 'latin1')],
  [null, Buffer.from('BMW is a maker of cars and more.')],
  [null, Buffer.from('GIF')],
  [null, Buffer.from('')],
  [null, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"></svg>')],
  [null, Buffer.from(`%PDF-1.7${rest}`, 'latin1')],
])('%s is known by how it begins', (kind, content) => {
  expect(imageKind(content)).toBe(kind);
});

test.each([
  [
    'notes.txt',
    Buffer.from('This is no picture, although it has words.'),
    /notes\.txt is no image: it holds text\. Give a PNG/,
  ],
  ['umlauts.png', Buffer.from('Größe '.repeat(400)), /is no image: it holds text/],
  ['empty.png', Buffer.from(''), /is no image: it is empty/],
  [
    'noise.png',
    Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 37) % 256)),
    /its content is of no kind/,
  ],
])('%s is refused before a server is looked for', async (name, content, says) => {
  await writeFile(join(served.folder, name), content);
  const { code, notes } = await served.run(['submit', 'llava', 'x', '--image', name], {
    env: { VRAMKEEPER_URL: await deadUrl() },
  });
  expect(notes).toMatch(says);
  expect(code).toBe(1);
});

test('a line of a batch with an image that is none is named', async () => {
  const line = JSON.stringify({
    model: 'm',
    prompt: 'x',
    images: [PNG.toString('base64'), Buffer.from('just a text here').toString('base64')],
  });
  await writeFile(join(served.folder, 'images.jsonl'), `${line}\n`);
  const { code, notes } = await served.run(['submit', '--batch', 'images.jsonl']);
  expect(notes).toMatch(/line 1: `images\.1` is no image in base64: it holds text/);
  expect(code).toBe(1);
});

test('an embedding model takes no images', async () => {
  await writeFile(join(served.folder, 'a.png'), PNG);
  const { code, notes } = await served.run(['submit', 'all-minilm', 'x', '--image', 'a.png']);
  expect(notes).toMatch(/all-minilm turns text into embeddings and takes no images/);
  expect(code).toBe(1);
  const jobs = JSON.stringify(await served.query('{ jobs(first: 1) { totalCount } }'));
  expect(jobs).toContain('"totalCount":0');
});
