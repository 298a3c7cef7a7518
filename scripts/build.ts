/** Makes `dist/` for the npm package: Node runs `src/` as it is in a checkout, but strips no types under node_modules. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const sources = join(root, 'src');
const target = join(root, 'dist');

const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
const compiler = join(dirname(manifest), 'bin', 'tsc');

rmSync(target, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [compiler, '--project', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
  cwd: root,
});
// The compiler has said why.
if (compiled.status !== 0) process.exit(1);

// Whatever is not compiled goes along as it is, but for documents, and for the web page, which is built by `build-page.ts`.
for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
  if (name.startsWith('dashboard') || /\.(ts|md)$/.test(name) || !/\.[^/]+$/.test(name)) continue;
  cpSync(join(sources, name), join(target, name));
}

if (!existsSync(join(target, 'main.js'))) throw new Error('The build left no dist/main.js.');
