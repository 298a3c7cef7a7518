/**
 * Builds the web page from `src/dashboard` into `dist/dashboard`, where the server finds it, with each file compressed as well.
 * Does nothing where what is there was made of the same sources. `--force` builds all the same.
 *
 * Runs with every install and start as well (`prepare`, `prestart`, `predemo`), where the page is not what was asked for: whatever is in its
 * way there, such as a checkout that may only be read, is told in one line and stops neither. Asked for by name, it fails.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
const event = process.env.npm_lifecycle_event ?? '';
/** Before something else that does without the page. */
const byTheWay = ['prepare', 'prestart', 'predemo'].includes(event);

class NoVite extends Error {}

try {
  const stamp = stampOf([...filesOf(sources), import.meta.filename, ...lockFile()]);
  if (force || readStamp() !== stamp) await buildPage(stamp);
} catch (error) {
  if (!byTheWay) throw error;
  // After an install that leaves out what the build needs, as many do on purpose, nobody has asked for the page.
  if (!(error instanceof NoVite && event === 'prepare')) console.error(lineOf(error));
}

function lineOf(error: unknown): string {
  const text = String(error instanceof Error ? error.message : error);
  // Vite's first line only counts; the next one tells.
  const reason = text
    .split(/\s*\n\s*/)
    .slice(0, 2)
    .join(' ')
    .trim();
  const here = readStamp() === null ? 'There is none.' : 'What is there is older than its sources.';
  return `The web page was not built: ${reason} ${here}`;
}

async function buildPage(stamp: string): Promise<void> {
  const vite = await import('vite').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new NoVite('its development dependencies are left out. Run npm ci.');
  });
  // Built beside the old one, so that a server that runs meanwhile finds the one or the other whole.
  const fresh = `${target}.${process.pid}`;
  try {
    await buildInto(fresh, vite);
    writeFileSync(join(fresh, STAMP), stamp);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function buildInto(fresh: string, vite: typeof import('vite')): Promise<void> {
  const packages = new Set<string>();
  await vite.build({
    configFile: false,
    root: sources,
    base: '/',
    logLevel: byTheWay ? 'silent' : 'warn',
    build: {
      outDir: fresh,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: {
        output: {
          // What the first page needs is one file, also where a page that comes later needs some of it too.
          codeSplitting: { groups: [{ name: 'index', tags: ['$initial'] }] },
        },
      },
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

/** Says which packages are built in; a copy of the sources may be without it. */
function lockFile(): readonly string[] {
  const file = join(root, 'package-lock.json');
  return existsSync(file) ? [file] : [];
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
