/** How tests wait: for states, by test/support/eventually.ts alone. A pause of any length is too short on some day and too long on all others. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Node, parseSync, Visitor } from 'oxc-parser';
import { expect, test } from 'vitest';

const TESTS = resolve(import.meta.dirname, '..');

const WAITS = new Set([
  // The helper, and the moments of campaigns that nothing announces.
  'support/eventually.ts',
  'support/random-moment.ts',
  // Before all of that has a bound: processes that are ending.
  'support/each-file.ts',
  // A program that tests start, which writes its port in two pieces.
  'backend/supervisor/support/program.ts',
]);

const RUNNERS_WAITS = new Set(['vi.waitFor', 'vi.waitUntil', 'expect.poll']);
const TIMER_MODULES = new Set(['node:timers/promises', 'timers/promises']);
/** Pauses that pass without anything having happened. */
const PAUSES = new Set(['nextTurn', 'sleep', 'setImmediate', 'setTimeout']);

/** What of a test file waits by a way of its own. */
function ownWaits(path: string, text: string): readonly string[] {
  const { program } = parseSync(path, text);
  const found: string[] = [];
  const say = (what: string, node: Node) =>
    found.push(`${path}:${text.slice(0, node.start).split('\n').length} ${what}`);
  /** Loops without a count that pauses, or asks, until something holds. */
  const loop = (node: Node & { readonly body: Node }, condition: Node | null) => {
    const pauses = new Set(callsIn(node.body));
    if ([...PAUSES].some((pause) => pauses.has(pause))) say('pauses in a loop of its own', node);
    else if (condition !== null && isEmpty(node.body)) say('asks in a loop of its own', node);
  };
  new Visitor({
    MemberExpression(node) {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return;
      const name = `${node.object.name}.${node.property.name}`;
      if (RUNNERS_WAITS.has(name)) say(`uses ${name}`, node);
    },
    CallExpression(node) {
      if (node.callee.type !== 'Identifier') return;
      if (node.callee.name === 'setTimeout') say('uses setTimeout', node);
      const [clock] = node.arguments;
      if (node.callee.name === 'sleep' && clock?.type === 'Identifier' && clock.name === 'systemClock')
        say('sleeps', node);
    },
    ImportDeclaration(node) {
      if (TIMER_MODULES.has(node.source.value)) say(`imports ${node.source.value}`, node);
    },
    WhileStatement: (node) => loop(node, hasAwait(text, node.test) ? node.test : null),
    DoWhileStatement: (node) => loop(node, node.test),
    ForStatement(node) {
      if (node.update === null) loop(node, node.test);
    },
  }).visit(program);
  return found;
}

const hasAwait = (text: string, node: Node) => /\bawait\b/.test(text.slice(node.start, node.end));

function isEmpty(body: Node): boolean {
  return body.type === 'EmptyStatement' || (body.type === 'BlockStatement' && body.body.length === 0);
}

/** Names of what is called below this node. */
function callsIn(node: Node): string[] {
  const names: string[] = [];
  const walk = (value: unknown) => {
    if (Array.isArray(value)) for (const each of value) walk(each);
    else if (value !== null && typeof value === 'object') {
      const { type, callee } = value as { type?: string; callee?: { name?: string } };
      if (type === 'CallExpression' && callee?.name !== undefined) names.push(callee.name);
      for (const each of Object.values(value)) walk(each);
    }
  };
  walk(node);
  return names;
}

test('tests wait for states, by one helper', () => {
  const wrong = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !WAITS.has(name))
    .sort()
    .flatMap((name) => ownWaits(name, readFileSync(join(TESTS, name), 'utf8')));
  expect(wrong).toEqual([]);
});

test('the check above sees what it looks for', () => {
  const sample = [
    "import { setTimeout as pause } from 'node:timers/promises';",
    'await new Promise((resolve) => setTimeout(resolve, 5));',
    'await vi.waitFor(look); await expect.poll(look).toBe(1);',
    'await sleep(systemClock, 5); await sleep(clock, 5);',
    'while (!done) await nextTurn();',
    'for (;;) { if (await look()) break; await sleep(clock, 1); }',
    'while (!(await look()));',
    'while (left.length > 0) await left.pop(); for (let i = 0; i < 3; i += 1) await nextTurn();',
  ].join('\n');
  expect(ownWaits('sample.ts', sample)).toEqual([
    'sample.ts:1 imports node:timers/promises',
    'sample.ts:2 uses setTimeout',
    'sample.ts:3 uses vi.waitFor',
    'sample.ts:3 uses expect.poll',
    'sample.ts:4 sleeps',
    'sample.ts:5 pauses in a loop of its own',
    'sample.ts:6 pauses in a loop of its own',
    'sample.ts:7 asks in a loop of its own',
  ]);
});
