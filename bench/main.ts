/** `npm run bench [-- NAME...]`: runs the named benchmarks, or all that belong to a plain run, and prints their figures. */
interface Bench {
  readonly about: string;
  /** Not part of a run without names. */
  readonly onRequest?: boolean;
  load(): Promise<{ run(print: (line: string) => void, args?: readonly string[]): Promise<void> }>;
}

/** A benchmark that takes no words from the command line. */
function only(run: (print: (line: string) => void) => Promise<void>) {
  return { run: (print: (line: string) => void) => run(print) };
}

const BENCHES: Readonly<Record<string, Bench>> = {
  submit: { about: 'submitJob over HTTP against a bare yoga', load: () => import('./submit-rate.ts') },
  'fan-out': {
    about: 'one batch told to many subscribers, against the bare sending of the same frames',
    onRequest: true,
    load: () => import('./fan-out/fan-out.ts'),
  },
  gateway: {
    about: 'what the drop-in routes add to the backend itself',
    onRequest: true,
    load: () => import('./gateway/gateway.ts'),
  },
  lives: {
    about: 'durable job lives of the store, in groups against one by one',
    load: async () => only((await import('./store/lives.ts')).run),
  },
  postgres: {
    about:
      'the store on a PostgreSQL that is named: its rates, and what each operation reads at a million jobs',
    onRequest: true,
    load: () => import('./store/postgres.ts'),
  },
  turn: {
    about: 'what a turn of the scheduling loop takes, by clients and by models',
    load: async () => only((await import('./turn.ts')).run),
  },
  backlog: {
    about: 'a million waiting jobs: memory and claims',
    load: async () => only((await import('./store/backlog.ts')).run),
  },
  history: {
    about: 'figures over time: what they cost to keep and to read',
    load: async () => only((await import('./store/history.ts')).run),
  },
  embeddings: {
    about: 'ten thousand vectors from the backend to the caller, in pieces against as one text',
    load: async () => only((await import('./embeddings.ts')).run),
  },
  texts: {
    about:
      'a submission with a text of 20 million characters to the thread that writes it, against the plain message',
    load: async () => only((await import('./large-texts.ts')).run),
  },
  footprint: {
    about: 'predicted memory against what loads take, before and after the first',
    load: async () => only((await import('./footprint.ts')).run),
  },
  measured: {
    about: 'the same jobs by one Ollama and through vramkeeper, beside what a real server did',
    onRequest: true,
    load: () => import('./measured-runs.ts'),
  },
  attached: {
    about: 'the spread of the attached way over many seeds, in virtual time, beside what a real server did',
    onRequest: true,
    load: () => import('./attached.ts'),
  },
  managed: {
    about: 'the same jobs by one Ollama, and through vramkeeper with one Ollama or a process for each model',
    onRequest: true,
    load: () => import('./managed-runs.ts'),
  },
  scheduler: {
    about: 'the scheduler in simulated runs, beside baselines, bounds and what it is to reach',
    onRequest: true,
    load: () => import('./scheduler/scheduler.ts'),
  },
  'as-measured': {
    about: 'simulated runs beside those that were measured on a real server',
    load: async () => only((await import('./scheduler/as-measured.ts')).run),
  },
  'as-served': {
    about: 'simulated runs beside the same jobs through a whole server on a virtual Ollama',
    onRequest: true,
    load: () => import('./scheduler/as-served.ts'),
  },
  swaps: {
    about: 'what the swap of two models costs beyond the load itself, on virtual processes',
    onRequest: true,
    load: () => import('./swaps.ts'),
  },
  page: {
    about: 'the web page before a hundred thousand waiting jobs of which hundreds change each second',
    onRequest: true,
    load: () => import('./page.ts'),
  },
  kills: {
    about: 'kill -9 of the server, as often as you say',
    onRequest: true,
    load: () => import('./kills.ts'),
  },
};

const [name, ...args] = process.argv.slice(2);
const chosen =
  name === undefined
    ? Object.entries(BENCHES).filter(([, bench]) => !bench.onRequest)
    : Object.entries(BENCHES).filter(([each]) => each === name);
if (chosen.length === 0) {
  console.error(`There is no benchmark "${name}". There are: ${Object.keys(BENCHES).join(', ')}.`);
  process.exitCode = 2;
}
for (const [each, bench] of chosen) {
  console.log(`\n${each}: ${bench.about}`);
  const { run } = await bench.load();
  await run((line) => console.log(`  ${line}`), args);
}
