import { readFileSync } from 'node:fs';

/** Of this package. The file lies two folders up, from the sources as from what is built of them. */
export const version: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version;
