/**
 * Builds the web page from `src/dashboard` into `dist/dashboard`, where the server finds it, with each file compressed as well.
 * Does nothing where what is there was made of the same sources. `--force` builds all the same.
 *
 * Runs with every install, also where the development dependencies are left out: without Vite it says so only when it is asked to build.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = resolve(import.meta.dirname, '..');
const sources = join(root, 'src', 'dashboard');
const target = join(root, 'dist', 'dashboard');
/** Says in the folder what it was made of. */
const STAMP = 'made-of.txt';
/** Compressing these again gains nothing. */
const COMPRESSED = ['.woff2'];

const force = process.argv.includes('--force');
/** After an install nobody has asked for the page: what is missing is said when it is. */
const quiet = process.env.npm_lifecycle_event === 'prepare';

const stamp = stampOf([...filesOf(sources), import.meta.filename, join(root, 'package-lock.json')]);
if (force || readStamp() !== stamp) await buildPage();

async function buildPage(): Promise<void> {
  const vite = await import('vite').catch(() => null);
  if (vite === null) {
    if (quiet) return;
    const here = existsSync(join(target, STAMP))
      ? 'What is there is older than its sources.'
      : 'There is none.';
    console.error(`The web page cannot be built without its development dependencies: run npm ci. ${here}`);
    return;
  }
  // Built beside the old one, so that a server that runs meanwhile finds the one or the other whole.
  const fresh = `${target}.${process.pid}`;
  const packages = new Set<string>();
  await vite.build({
    configFile: false,
    root: sources,
    base: '/',
    logLevel: 'warn',
    build: {
      outDir: fresh,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
    plugins: [
      {
        name: 'packages-inside',
        generateBundle() {
          for (const id of this.getModuleIds()) {
            const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
            if (name !== undefined) packages.add(name);
          }
        },
      },
    ],
  });
  writeFileSync(join(fresh, 'licenses.txt'), licensesOf([...packages, '@fontsource-variable/inter']));
  for (const file of filesOf(fresh)) compress(file);
  writeFileSync(join(fresh, STAMP), stamp);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(root, 'dist'), { recursive: true });
  renameSync(fresh, target);
}

function compress(file: string): void {
  if (COMPRESSED.includes(extname(file))) return;
  const content = readFileSync(file);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params: quality }));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: constants.Z_BEST_COMPRESSION }));
}

/** The page carries code of others, whose licenses ask to be carried along. */
function licensesOf(names: readonly string[]): string {
  const texts = names.toSorted().map((name) => {
    const folder = join(root, 'node_modules', name);
    const { license, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

function stampOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  return `${hash.digest('hex')}\n`;
}

function readStamp(): string | null {
  const file = join(target, STAMP);
  return existsSync(file) && existsSync(join(target, 'index.html')) ? readFileSync(file, 'utf8') : null;
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
