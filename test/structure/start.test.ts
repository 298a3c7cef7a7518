/** What the program loads before it does anything: each module costs every start, be it only to print a version. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

const SOURCES = resolve(import.meta.dirname, '../../src');

interface Loaded {
  readonly ours: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/** All that is loaded with a file, but for what Node brings. */
function loadedWith(start: string): Loaded {
  const ours = new Set([start]);
  const packages = new Set<string>();
  for (const path of ours) {
    const { module } = parseSync(path, readFileSync(join(SOURCES, path), 'utf8'));
    const imports = module.staticImports
      .filter(({ entries }) => entries.length === 0 || entries.some(({ isType }) => !isType))
      .map(({ moduleRequest }) => moduleRequest.value);
    const passedOn = module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ isType, moduleRequest }) => (isType || !moduleRequest ? [] : moduleRequest.value)),
    );
    for (const name of [...imports, ...passedOn]) {
      if (name.startsWith('.')) ours.add(relative(SOURCES, resolve(SOURCES, dirname(path), name)));
      else if (!name.startsWith('node:')) packages.add(name);
    }
  }
  return { ours, packages };
}

test('the command line is read without what single commands stand on', () => {
  const { ours, packages } = loadedWith('main.ts');
  // What takes a command's words apart, and the durations and sizes among them.
  expect([...packages].sort()).toEqual(['commander', 'ms']);
  expect([...ours].filter((path) => !/^(main\.ts$|cli\/|domain\/|config\/duration\.ts$)/.test(path))).toEqual(
    [],
  );
});

test('the server starts without the page of GraphiQL, which is 9 MB of text', () => {
  const { packages } = loadedWith('cli/server/serve.ts');
  expect(packages).toContain('graphql-yoga');
  expect(packages).not.toContain('@graphql-yoga/render-graphiql');
});
