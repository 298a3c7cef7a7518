/** The architecture as a test: who may import whom, and what only one file may do. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Node, parseSync, Visitor } from 'oxc-parser';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const SOURCES = join(ROOT, 'src');

interface SourceFile {
  /** From `src/`, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: ReturnType<typeof parseSync>['program'];
  /** Files of this project that it imports, from `src/`. */
  readonly imports: readonly string[];
  /** Those of them that are loaded with it. */
  readonly staticImports: readonly string[];
}

function parse(path: string): SourceFile {
  const text = readFileSync(join(SOURCES, path), 'utf8');
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const atStart = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) =>
      entry.entries.flatMap((item) => item.moduleRequest?.value ?? []),
    ),
  ];
  const later = module.dynamicImports.map((entry) =>
    text.slice(entry.moduleRequest.start + 1, entry.moduleRequest.end - 1),
  );
  const ours = (names: readonly string[]) => [
    ...new Set(
      names
        .filter((name) => name.startsWith('.'))
        .map((name) => relative(SOURCES, resolve(SOURCES, dirname(path), name))),
    ),
  ];
  return { path, text, program, imports: ours([...atStart, ...later]), staticImports: ours(atStart) };
}

const files: readonly SourceFile[] = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .sort()
  .map(parse);

/** The part of the house that a file lives in: a folder of `src/`, or the file itself where it lies there alone. */
function partOf(path: string): string {
  const [first = '', second] = path.split('/');
  return second === undefined ? first.replace(/\.ts$/, '') : first;
}

/** Importable by all. */
const COMMON = ['config', 'telemetry', 'clock', 'domain'];
const SIBLINGS = ['store', 'backend', 'monitor', 'registry', 'scheduler', 'executor'];
const BELOW_ACCEPT = ['domain', 'events', 'kinds', ...SIBLINGS];
const BELOW_HTTP = [
  ...BELOW_ACCEPT,
  'clients',
  'history',
  'metrics',
  'view',
  'tasks',
  'accept',
  'chats',
  'graphql',
];
/** Of what is below them the ways in see what it says of itself, and the door to the queue: never the parts that do the work. */
const WAYS_IN_SEE = ['events', 'kinds', 'view', 'tasks', 'accept'];

/** What each part may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'machine-start': [],
  clock: ['machine-start'],
  domain: ['clock'],
  config: ['domain', 'clock'],
  telemetry: ['domain', 'clock'],
  events: COMMON,
  kinds: ['domain', 'clock'],
  ...Object.fromEntries(SIBLINGS.map((part) => [part, [...COMMON, 'events', 'kinds']])),
  accept: [...COMMON, ...BELOW_ACCEPT],
  // What is said in a chat goes through the door of jobs.
  chats: ['domain', 'clock', 'kinds', 'accept'],
  // Who may come in, and how much.
  clients: COMMON,
  history: COMMON,
  metrics: COMMON,
  view: [...COMMON, ...BELOW_ACCEPT],
  tasks: [...COMMON, 'view'],
  graphql: [...COMMON, ...WAYS_IN_SEE, 'chats'],
  'ollama-api': ['domain'],
  http: [...COMMON, ...BELOW_HTTP],
  // Its routes are the listener's own kind, and write their answers as they come.
  gateway: [...COMMON, ...WAYS_IN_SEE, 'ollama-api', 'http'],
  app: [...COMMON, ...BELOW_HTTP, 'http', 'gateway'],
  'virtual-ollama': ['clock', 'domain', 'ollama-api'],
  'virtual-openai': ['clock', 'domain'],
  // The two kinds of servers are told by their own capabilities.
  simulator: [...COMMON, 'scheduler', 'backend'],
  client: ['domain', 'clock'],
  // The doctor looks at backends and through probes as the server will.
  cli: [
    ...COMMON,
    'kinds',
    'client',
    'app',
    'virtual-ollama',
    'virtual-openai',
    'simulator',
    'monitor',
    'backend',
  ],
  main: ['cli'],
  // The web page runs in browsers, and knows the server by its API alone.
  dashboard: [],
};

const CLI_COMMON = ['exit', 'connection', 'terminal'];

/** What each room of the command line may import besides itself, at its start; commands are loaded when they are called. */
const ROOMS_OF_CLI: Readonly<Record<string, readonly string[]>> = {
  exit: [],
  terminal: [],
  connection: ['exit', 'terminal'],
  server: CLI_COMMON,
  doctor: [...CLI_COMMON, 'server'],
  jobs: CLI_COMMON,
  queue: [...CLI_COMMON, 'jobs'],
  models: CLI_COMMON,
  memory: [...CLI_COMMON, 'models'],
  tasks: CLI_COMMON,
  key: CLI_COMMON,
  backup: CLI_COMMON,
  submit: [...CLI_COMMON, 'jobs', 'models'],
  chat: [...CLI_COMMON, 'jobs', 'models', 'submit'],
  top: [...CLI_COMMON, 'queue'],
  demo: [...CLI_COMMON, 'server', 'jobs', 'submit'],
  simulate: CLI_COMMON,
  import: CLI_COMMON,
  commands: [...CLI_COMMON, 'models', 'jobs'],
  program: [...CLI_COMMON, 'commands'],
};

/** The room of the command line that a file lives in: a folder of `src/cli/`, or the file itself where it lies there alone. */
function roomOf(path: string): string {
  return partOf(path.replace(/^cli\//, ''));
}

describe('imports', () => {
  test('point one way', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .map((target) => [partOf(file.path), partOf(target), target] as const)
        .filter(([from, to]) => from !== to && !MAY_IMPORT[from]?.includes(to))
        .map(([, , target]) => `${file.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('of the command line point one way between its rooms', () => {
    const wrong = files
      .filter((file) => file.path.startsWith('cli/'))
      .flatMap((file) => {
        const from = roomOf(file.path);
        return file.staticImports
          .filter((target) => target.startsWith('cli/'))
          .map((target) => [roomOf(target), target] as const)
          .filter(([to]) => from !== to && !ROOMS_OF_CLI[from]?.includes(to))
          .map(([, target]) => `${file.path} imports ${target}`);
      });
    expect(wrong).toEqual([]);
  });

  test('name files that are there', () => {
    const known = new Set(files.map((file) => file.path));
    const missing = files.flatMap((file) =>
      file.imports
        .filter((target) => /\.tsx?$/.test(target) && !known.has(target))
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('decide() imports nothing but the domain', () => {
    const wrong = files
      .filter((file) => file.path.startsWith('scheduler/decide/'))
      .flatMap((file) =>
        file.imports
          .filter((target) => !target.startsWith('scheduler/decide/') && partOf(target) !== 'domain')
          .map((target) => `${file.path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('make no circle', () => {
    const importsOf = new Map(files.map((file) => [file.path, file.imports]));
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (path: string, way: readonly string[]) => {
      const start = way.indexOf(path);
      if (start >= 0) circles.push([...way.slice(start), path].join(' → '));
      if (start >= 0 || done.has(path)) return;
      for (const target of importsOf.get(path) ?? []) walk(target, [...way, path]);
      done.add(path);
    };
    for (const file of files) walk(file.path, []);
    expect(circles).toEqual([]);
  });
});

/** Each call or read of these is time or chance that no test could control. */
const AMBIENT_MEMBERS = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'crypto.randomUUID',
  'AbortSignal.timeout',
]);
const AMBIENT_CALLS = new Set(['setTimeout', 'setInterval', 'randomUUID']);
const TIMER_MODULES = new Set(['node:timers', 'node:timers/promises', 'timers', 'timers/promises']);

function ambientUses(file: SourceFile): readonly string[] {
  const found: string[] = [];
  const say = (what: string, node: Node) => {
    const line = file.text.slice(0, node.start).split('\n').length;
    found.push(`${file.path}:${line} uses ${what}`);
  };
  new Visitor({
    MemberExpression(node) {
      if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return;
      const name = `${node.object.name}.${node.property.name}`;
      if (AMBIENT_MEMBERS.has(name)) say(name, node);
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && AMBIENT_CALLS.has(node.callee.name))
        say(node.callee.name, node);
    },
    NewExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name === 'Date' && node.arguments.length === 0)
        say('new Date()', node);
    },
    ImportDeclaration(node) {
      if (TIMER_MODULES.has(node.source.value)) say(node.source.value, node);
    },
  }).visit(file.program);
  return found;
}

test('time and chance come from the clock alone', () => {
  const clocks = ['clock.ts', 'dashboard/live/clock.ts'];
  const others = files.filter(({ path }) => !clocks.includes(path) && !path.includes('/generated/'));
  expect(others.flatMap(ambientUses)).toEqual([]);
});

/** The words for who runs a backend. They are for people: what follows from them is said by its capabilities. */
const MODES = new Set(['ATTACHED', 'MANAGED']);
/** Who chooses among kinds of backends: their own room, and the settings that name one. */
const KNOW_MODES = ['backend', 'config'];

function modeChecks(file: SourceFile): readonly string[] {
  const found: string[] = [];
  const isMode = (node: Node | null) =>
    (node?.type === 'Literal' && MODES.has(String(node.value))) ||
    (node?.type === 'MemberExpression' &&
      node.property.type === 'Identifier' &&
      node.property.name === 'mode');
  const say = (start: number) =>
    found.push(`${file.path}:${file.text.slice(0, start).split('\n').length} asks for a mode`);
  new Visitor({
    BinaryExpression(node) {
      if (isMode(node.left) || isMode(node.right)) say(node.start);
    },
    SwitchStatement(node) {
      if (isMode(node.discriminant) || node.cases.some(({ test: of }) => isMode(of))) say(node.start);
    },
  }).visit(file.program);
  return found;
}

test('what a backend can is asked of its capabilities, not of its mode', () => {
  const others = files.filter(({ path }) => !KNOW_MODES.includes(partOf(path)));
  expect(others.flatMap(modeChecks)).toEqual([]);
});

/** Which kind of server it is decides in these alone: what it admits, and how it has to be treated. */
const KNOW_MANNERS = ['scheduler/decide/manners/admission.ts', 'scheduler/decide/manners/manners-of.ts'];
/** Where it is a fact that is handed on. */
const TELL_MANNERS = ['scheduler/decide/snapshot.ts', 'scheduler/snapshot/snapshot-of.ts'];

test('whether a server judges by itself is asked by its manners alone', () => {
  const asking = files
    .filter(({ path, text }) => path.startsWith('scheduler/') && text.includes('admitsByItself'))
    .map(({ path }) => path);
  expect(asking.toSorted()).toEqual([...KNOW_MANNERS, ...TELL_MANNERS].toSorted());
});

test('the numbers of the policy stand in one file', () => {
  const others = files.filter(
    ({ path }) => path.startsWith('scheduler/decide/') && path !== 'scheduler/decide/constants.ts',
  );
  const found = others.flatMap(({ path, text }) =>
    [...text.matchAll(/^(?:export )?const ([A-Z][A-Z_]+)(?::[^=\n]*)? = [\d(]/gm)].map(
      ([, name]) => `${path}: ${name}`,
    ),
  );
  expect(found).toEqual([]);
});

/** Where the rule of a backend's names may be named: it is that backend's, and the wiring hands it to whoever finds models by names. */
const KNOW_NAME_RULES = ['backend', 'app'];

test("names are found by the registry: a backend's own rule for them is known to nobody else", () => {
  const wrong = files
    .filter(({ path }) => !KNOW_NAME_RULES.includes(partOf(path)))
    .flatMap(({ path, imports }) =>
      imports
        .filter((target) => /^backend\/.*names\.ts$/.test(target))
        .map((target) => `${path} imports ${target}`),
    );
  expect(wrong).toEqual([]);
});

/** Each element is an argument of the call, and a hundred thousand of them are a RangeError. */
const LIST_CALLS = new Set(['push', 'unshift', 'min', 'max']);

function spreads(file: SourceFile): readonly string[] {
  const found: string[] = [];
  new Visitor({
    CallExpression({ callee, arguments: given, start }) {
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      if (!LIST_CALLS.has(callee.property.name) || !given.some(({ type }) => type === 'SpreadElement'))
        return;
      found.push(
        `${file.path}:${file.text.slice(0, start).split('\n').length} spreads into ${callee.property.name}`,
      );
    },
  }).visit(file.program);
  return found;
}

test('lists of any length are not spread into arguments: domain/long-lists.ts does the same', () => {
  expect(files.flatMap(spreads)).toEqual([]);
});

/** Whoever adds a kind, a status or a type of backend has the compiler show every place that must know it: there stands `satisfies never`. */
function openSwitches(file: SourceFile): readonly string[] {
  const found: string[] = [];
  new Visitor({
    SwitchStatement({ cases, start }) {
      if (cases.some(({ test: of }) => of === null)) return;
      found.push(`${file.path}:${file.text.slice(0, start).split('\n').length} has no default`);
    },
  }).visit(file.program);
  return found;
}

test('every switch says what becomes of the rest', () => {
  expect(files.filter(({ path }) => !path.includes('/generated/')).flatMap(openSwitches)).toEqual([]);
});

test('nothing is exported as default', () => {
  const wrong = files.filter((file) =>
    file.program.body.some((node) => node.type === 'ExportDefaultDeclaration'),
  );
  expect(wrong.map((file) => file.path)).toEqual([]);
});

test('a file stays under 350 lines', () => {
  const long = files
    .filter((file) => !file.path.includes('/generated/'))
    .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > 350);
  expect(long).toEqual([]);
});

test('the checks above see what they look for', () => {
  const sample = {
    path: 'sample.ts',
    imports: [],
    staticImports: [],
    text: "import 'node:timers';\nDate.now(); new Date(); new Date(3); Math.random(); setTimeout(f, 1); performance.now();",
  };
  const file = { ...sample, program: parseSync('sample.ts', sample.text).program };
  expect(ambientUses(file)).toEqual([
    'sample.ts:1 uses node:timers',
    'sample.ts:2 uses Date.now',
    'sample.ts:2 uses new Date()',
    'sample.ts:2 uses Math.random',
    'sample.ts:2 uses setTimeout',
    'sample.ts:2 uses performance.now',
  ]);
  const modes =
    "if (a.mode === x) f(); if ('MANAGED' !== y) f();\nswitch (z) { case 'ATTACHED': }\nconst mode = 'MANAGED';";
  expect(modeChecks({ ...sample, text: modes, program: parseSync('sample.ts', modes).program })).toEqual([
    'sample.ts:1 asks for a mode',
    'sample.ts:1 asks for a mode',
    'sample.ts:2 asks for a mode',
  ]);
  const switches =
    "switch (a) { case 'b': f(); }\nswitch (a) { case 'b': f(); break; default: a satisfies never; }";
  expect(
    openSwitches({ ...sample, text: switches, program: parseSync('sample.ts', switches).program }),
  ).toEqual(['sample.ts:1 has no default']);
  const spread = 'Math.max(...a);\nlist.push(1, ...a); list.push(a); call(...a);';
  expect(spreads({ ...sample, text: spread, program: parseSync('sample.ts', spread).program })).toEqual([
    'sample.ts:1 spreads into max',
    'sample.ts:2 spreads into push',
  ]);
});
