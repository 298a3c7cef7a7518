/** The build of the page: what it says, and to whom it is a failure, where it is not possible. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const HOOKS = ['prepare', 'prestart', 'predemo'] as const;

/** A checkout with the sources of the page alone. */
async function checkout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-build-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const path of ['package.json', 'scripts/build-page.ts', 'src/dashboard', 'tsconfig.json'])
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  return folder;
}

const withPackages = (folder: string) =>
  symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');

/** @param event the script of package.json that runs it */
function build(folder: string, event: string): Promise<{ readonly code: number; readonly lines: string[] }> {
  const script = join(folder, 'scripts/build-page.ts');
  return new Promise((done) => {
    execFile(
      process.execPath,
      [script],
      { cwd: folder, env: { ...process.env, npm_lifecycle_event: event } },
      (error, stdout, stderr) =>
        done({
          code: error ? Number(error.code) : 0,
          lines: `${stdout}${stderr}`.split('\n').filter((line) => line !== ''),
        }),
    );
  });
}

/** Ways in which a checkout cannot be built. */
const OBSTACLES: readonly (readonly [name: string, put: (folder: string) => Promise<unknown>])[] = [
  ['the folder of what is built cannot be made', (folder) => writeFile(join(folder, 'dist'), '')],
  [
    'a source is broken',
    (folder) => writeFile(join(folder, 'src/dashboard/main.tsx'), "import './nowhere.tsx';\n"),
  ],
  [
    'the sources cannot be read',
    async (folder) => {
      await rm(join(folder, 'src/dashboard'), { recursive: true });
    },
  ],
];

describe.each(OBSTACLES)('where %s', (_name, put) => {
  test('what comes with something else says so in one line and goes on; what was asked for fails', async () => {
    const folder = await checkout();
    await withPackages(folder);
    await put(folder);
    for (const hook of HOOKS) {
      const { code, lines } = await build(folder, hook);
      expect(lines, hook).toEqual([
        expect.stringMatching(/^The web page was not built: .+ There is none\.$/),
      ]);
      expect(code, hook).toBe(0);
    }
    expect((await build(folder, 'build:page')).code).toBe(1);
    const left = await readdir(folder, { recursive: true });
    expect(left.filter((path) => path.startsWith('dist/'))).toEqual([]);
  });
});

test('is not missed by an install without what it needs, and by a start that is said', async () => {
  const folder = await checkout();
  expect(await build(folder, 'prepare')).toEqual({ code: 0, lines: [] });
  const start = await build(folder, 'prestart');
  expect(start).toEqual({ code: 0, lines: [expect.stringContaining('Run npm ci.')] });
  expect((await build(folder, 'build:page')).code).toBe(1);
});

test('tells a Vite that is there and broken from one that is left out', async () => {
  const folder = await checkout();
  const vite = join(folder, 'node_modules/vite');
  await mkdir(vite, { recursive: true });
  await writeFile(
    join(vite, 'package.json'),
    '{ "name": "vite", "type": "module", "exports": "./index.js" }',
  );
  await writeFile(join(vite, 'index.js'), 'throw new Error("made for another machine");');
  const { code, lines } = await build(folder, 'prepare');
  expect({ code, lines }).toEqual({ code: 0, lines: [expect.stringContaining('made for another machine')] });
});

test('needs no lock file, and leaves nothing beside what it built', async () => {
  const folder = await checkout();
  await withPackages(folder);
  expect(await build(folder, 'prestart')).toEqual({ code: 0, lines: [] });
  expect(await readdir(join(folder, 'dist'))).toEqual(['dashboard']);
  expect(await readdir(join(folder, 'dist/dashboard'))).toContain('index.html');
});
