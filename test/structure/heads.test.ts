/** Each file says what it is for: at its head, or above the first thing that it exports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';

const SOURCES = resolve(import.meta.dirname, '../../src');
/** Written by a program. */
const GENERATED = /(^|\/)generated\//;

function saysWhatItIsFor(path: string, text: string): boolean {
  if (text.startsWith('/** ') || text.startsWith('/**\n') || text.startsWith('#!')) return true;
  const { program, comments } = parseSync(path, text);
  const first = program.body.find((node) => node.type === 'ExportNamedDeclaration' && node.declaration);
  return comments.some(
    ({ type, value, end }) =>
      type === 'Block' && value.startsWith('*') && first && text.slice(end, first.start).trim() === '',
  );
}

test('each file says what it is for', () => {
  const silent = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !GENERATED.test(path))
    .filter((path) => !saysWhatItIsFor(path, readFileSync(join(SOURCES, path), 'utf8')));
  expect(silent, 'begin it with one sentence, as `/** … */`').toEqual([]);
});

test('a comment on something else does not count', () => {
  const says = (text: string) => saysWhatItIsFor('sample.ts', text);
  expect(says('/** What it is for. */\nexport const a = 1;')).toBe(true);
  expect(says("import b from 'b';\n\n/** What it is for. */\nexport const a = b;")).toBe(true);
  expect(says("import b from 'b';\n\n/** Bytes. */\nconst c = 1;\nexport const a = b + c;")).toBe(false);
  expect(says('// A remark.\nexport const a = 1;')).toBe(false);
  expect(says("import './b.ts';\nb.implement({});")).toBe(false);
});
