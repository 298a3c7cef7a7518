/** What people get from the registry: packed, installed in an empty folder, started with the Node that is there. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const call = promisify(execFile);

let folder: string;
let installed: string;

/** Without what `npm run` adds for this project, so that the machine's own Node is the one that is used. */
function outsideEnvironment(): NodeJS.ProcessEnv {
  const added =
    /^(npm_(package|lifecycle)_|npm_(command|execpath|node_execpath|config_local_prefix)$|INIT_CWD$|NODE$|VITEST|VRAMKEEPER_)/;
  const kept = Object.entries(process.env).filter(([name]) => !added.test(name));
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !/node_modules[/\\]\.bin/.test(entry));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

function npm(args: readonly string[], cwd: string) {
  return call('npm', [...args], { cwd, env: outsideEnvironment(), maxBuffer: 64 * 1024 ** 2 });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-package-'));
  installed = join(folder, 'installed');
  await mkdir(installed);
  await npm(['pack', '--pack-destination', folder], ROOT);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new Error('npm pack left no tarball.');
  await writeFile(join(installed, 'package.json'), JSON.stringify({ private: true }));
  await npm(['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball)], installed);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the package has what is needed, and nothing of the workshop', async () => {
  const home = join(installed, 'node_modules', 'vramkeeper');
  expect((await readdir(home)).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin',
    'dist',
    'docs',
    'package.json',
    'schema.graphql',
  ]);
  const names = await readdir(join(home, 'dist'), { recursive: true });
  expect(names).toContain('main.js');
  expect(names.filter((name) => name.endsWith('.ts'))).toEqual([]);
});

test.each([[[]], [['--managed']]])('npx vramkeeper demo --exit runs fifty jobs %s', async (options) => {
  const { stdout } = await call('npx', ['vramkeeper', 'demo', '--exit', ...options], {
    cwd: installed,
    env: outsideEnvironment(),
  });
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('50 complete, 0 failed, 0 cancelled');
});

test('a mistake ends with 2 through npx, too', async () => {
  await expect(
    call('npx', ['vramkeeper', 'jobs', '--limit', 'x'], { cwd: installed, env: outsideEnvironment() }),
  ).rejects.toMatchObject({ code: 2 });
});
