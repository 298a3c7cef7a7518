/** The web page as `npm run build:page` has left it: read once, and found by name alone, so that no path leads out of its folder. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Coding } from './accepted-coding.ts';

export interface BuiltFile {
  readonly contentType: string;
  /** Of its content, whatever the form. */
  readonly etag: string;
  /** `identity` is always there. */
  readonly forms: ReadonlyMap<Coding, Buffer>;
}

/** By path below `/`, such as `index.html` and `assets/index-4fG2.js`. */
export type BuiltPage = ReadonlyMap<string, BuiltFile>;

export const PAGE_FILE = 'index.html';
const ASSETS = 'assets';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const CODINGS: readonly (readonly [suffix: string, Coding])[] = [
  ['.br', 'br'],
  ['.gz', 'gzip'],
];

/** @param folder of the build. Null where there is none, or none that is whole. */
export async function readBuiltPage(folder: string): Promise<BuiltPage | null> {
  try {
    const assets = await readdir(join(folder, ASSETS));
    const paths = [PAGE_FILE, ...assets.map((name) => `${ASSETS}/${name}`)].filter((path) =>
      Object.hasOwn(CONTENT_TYPES, extname(path)),
    );
    const present = new Set([...assets, ...(await readdir(folder))]);
    const files = paths.map(async (path) => [path, await readBuiltFile(folder, path, present)] as const);
    return new Map(await Promise.all(files));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function readBuiltFile(folder: string, path: string, present: ReadonlySet<string>): Promise<BuiltFile> {
  const content = await readFile(join(folder, path));
  const name = path.slice(path.lastIndexOf('/') + 1);
  const compressed = CODINGS.filter(([suffix]) => present.has(name + suffix)).map(
    async ([suffix, coding]) => [coding, await readFile(join(folder, path + suffix))] as const,
  );
  return {
    contentType: CONTENT_TYPES[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    forms: new Map([['identity', content], ...(await Promise.all(compressed))]),
  };
}
