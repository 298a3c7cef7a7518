/** The server processes of a managed backend as a whole server tells of them: in its API, its feeds, and on the command line. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createRig, enginePid, type Rig } from '../backend/managed/support/rig.ts';
import { type Ended, RunningProgram, run } from '../cli/support/program.ts';
import { eventually } from '../support/eventually.ts';
import { startManaged } from './managed-app.ts';
import { type AppClient, attached, startApp, testConfig } from './test-app.ts';

const MODEL = 'qwen2.5:0.5b';
/** Embeddings run one by one, so its process has other settings. */
const EMBEDDING = 'all-minilm:latest';
const CELLS = `{ backends { id mode cells {
  id role status modelName pid port residentBytes restarts exitReason gpus { index } instance { modelName status } logTail(lines: 200)
} } }`;

let rig: Rig;
let server: AppClient;

beforeEach(async () => {
  rig = createRig();
  server = await startManaged(rig);
  await server.ended(await server.generate(MODEL));
});

async function embed(): Promise<void> {
  const { job } = await server.submit({ model: EMBEDDING, request: { embed: { input: ['one'] } } });
  await server.ended(job.id);
}

async function cells() {
  return (await server.query(CELLS)).backends[0].cells;
}

async function cellOf(role: string, status = 'READY') {
  return eventually(async () =>
    (await cells()).find(
      (cell: { role: string; status: string }) => cell.role === role && cell.status === status,
    ),
  );
}

/** Newest first. */
async function decided(kind: string) {
  const { decisions } = await server.query(
    '{ decisions(first: 100) { nodes { kind at modelName explanation backend { name } cell { id status } } } }',
  );
  return decisions.nodes.filter((decision: { kind: string }) => decision.kind === kind);
}

describe('the API', () => {
  test('lists each process with its role, its place, and the instance that it holds', async () => {
    const holder = await cellOf('INSTANCE');
    expect(holder).toMatchObject({
      modelName: MODEL,
      gpus: [{ index: 0 }],
      instance: { modelName: MODEL, status: 'READY' },
      exitReason: null,
    });
    expect(holder.port).toBeGreaterThan(0);
    expect(await cellOf('LIBRARY')).toMatchObject({ modelName: null, gpus: [], instance: null });
    expect(await cellOf('WARM')).toMatchObject({ modelName: null, gpus: [{ index: 0 }], instance: null });
    await eventually(async () => (await cellOf('INSTANCE')).residentBytes > 0);
  });

  test('gives the tail of a log, by the id of its process, also when it has ended', async () => {
    const { id, port, logTail } = await cellOf('INSTANCE');
    expect(logTail.join('\n')).toContain(`Listening on 127.0.0.1:${port}`);
    const tail = `{ node(id: "${id}") { __typename ... on Cell { status logTail(lines: 1) } } }`;
    expect((await server.query(tail)).node).toMatchObject({ __typename: 'Cell', status: 'READY' });
    await server.query(`mutation { unloadModel(input: { model: "${MODEL}" }) { __typename } }`);
    const { node } = await eventually(async () => {
      const answer = await server.query(tail);
      return answer.node.status === 'EXITED' ? answer : null;
    });
    expect(node.logTail).toHaveLength(1);
  });

  test('counts loads that had to start a process, and those that found one ready', async () => {
    await cellOf('WARM');
    const count = async () =>
      (await server.query('{ stats { swaps { loads coldStarts warmStarts } } }')).stats.swaps;
    const first = await count();
    expect(first.coldStarts + first.warmStarts).toBe(1);
    await server.ended(await server.generate('llama3.2:1b'));
    expect(await count()).toEqual({ ...first, loads: 2, warmStarts: first.warmStarts + 1 });
    await cellOf('WARM');
    await embed();
    expect(await count()).toEqual({
      loads: 3,
      coldStarts: first.coldStarts + 1,
      warmStarts: first.warmStarts + 1,
    });
  });

  test('tells subscribers of memory that a process died, without being asked again', async () => {
    const { pid } = await cellOf('WARM');
    const left = new AbortController();
    const stream = await fetch(server.app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { vramChanged { backends { cells { pid status } } } }' }),
      signal: left.signal,
    });
    process.kill(pid, 'SIGKILL');
    let told = '';
    for await (const part of stream.body ?? []) {
      told += Buffer.from(part).toString();
      if (told.includes(`{"pid":${pid},"status":"EXITED"}`)) break;
    }
    left.abort();
    expect(told).toContain(`{"pid":${pid},"status":"READY"}`);
  });
});

describe('the decisions', () => {
  test('hold the start of each process with what it is for', async () => {
    await cellOf('WARM');
    await embed();
    const starts = await decided('CELL_START');
    const holder = starts.find(({ modelName }: { modelName: string | null }) => modelName === EMBEDDING);
    expect(holder).toMatchObject({ backend: { name: 'rig' }, cell: { status: 'READY' } });
    expect(holder.explanation).toMatch(
      /^Process \d+ on GPU 0 started\. The one that stood ready has other settings\.$/,
    );
    const told = starts.map(({ explanation }: { explanation: string }) => explanation);
    expect(told).toContainEqual(
      expect.stringMatching(/^Process \d+ started\. It serves the model library\.$/),
    );
    expect(told).toContainEqual(
      expect.stringMatching(/^Process \d+ on GPU 0 started\. It stands ready for the next load\.$/),
    );
  });

  test('hold the death of a process with its signal and the last line that it wrote', async () => {
    const { id, pid } = await cellOf('INSTANCE');
    const { node } = await server.query(`{ node(id: "${id}") { ... on Cell { logTail(lines: 1) } } }`);
    process.kill(pid, 'SIGKILL');
    const [death] = await eventually(async () => {
      const deaths = await decided('CELL_DEATH');
      return deaths.length > 0 ? deaths : null;
    });
    expect(death).toMatchObject({ modelName: MODEL, cell: { id } });
    expect(death.explanation).toContain(`Process ${pid} on GPU 0 died. Somebody killed it (SIGKILL)`);
    expect(death.explanation).toContain(` Its last line: ${node.logTail[0].trim().slice(0, 60)}`);
    expect(await decided('CELL_END')).toEqual([]);
  });

  test('call it a death too when only the engine in a process was killed', async () => {
    const { pid } = await cellOf('INSTANCE');
    process.kill(enginePid(rig), 'SIGKILL');
    const [death] = await eventually(async () => {
      const deaths = await decided('CELL_DEATH');
      return deaths.length > 0 ? deaths : null;
    });
    expect(death.explanation).toContain(`Process ${pid} on GPU 0 died. Its engine process `);
  });

  test('say what a process was told to end for', async () => {
    const { id } = await cellOf('INSTANCE');
    await server.query(`mutation { unloadModel(input: { model: "${MODEL}" }) { __typename } }`);
    const [end] = await eventually(async () => {
      const ends = await decided('CELL_END');
      return ends.length > 0 ? ends : null;
    });
    expect(end).toMatchObject({ modelName: MODEL, cell: { id } });
    expect(end.explanation).toMatch(/^Process \d+ on GPU 0 ended\. It was unloaded\.$/);
    expect(await decided('CELL_DEATH')).toEqual([]);
  });
});

describe('vramkeeper logs', () => {
  function logs(...args: string[]): Promise<Ended> {
    return run(['logs', ...args], { cwd: rig.folder, env: { VRAMKEEPER_URL: server.app.url } });
  }

  test('lists the processes, and says of those that ended why', async () => {
    await cellOf('WARM');
    const holder = await cellOf('INSTANCE');
    process.kill(holder.pid, 'SIGKILL');
    await cellOf('INSTANCE', 'EXITED');
    const { code, out, notes } = await logs();
    expect([code, notes]).toEqual([0, '']);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^ID +ROLE +MODEL +GPU +PID +PORT +STATUS +MEMORY +AGE$/);
    expect(rows[0]).toMatch(/^cel_\w+ +library +- +- +\d+ +\d+ +READY +\S+ MiB +\d+s$/);
    expect(rows.find((row) => row.includes(' warm '))).toMatch(/ warm +- +0 +\d+ +\d+ +READY /);
    const [ended, why] = rows.slice(-2);
    expect(ended).toMatch(
      new RegExp(`^${holder.id} +instance +${MODEL} +0 +${holder.pid} +\\d+ +EXITED +- +ended \\d+s ago$`),
    );
    expect(why).toMatch(/^ +Somebody killed it \(SIGKILL\)/);
    const json = (await logs('--json')).out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(json.at(-1)).toMatchObject({ id: holder.id, backend: 'rig', pid: holder.pid, status: 'EXITED' });
  });

  test('prints the tail of one by id, by model and by the word library', async () => {
    const { id, port } = await cellOf('INSTANCE');
    for (const name of [id, MODEL]) {
      const { code, out } = await logs(name, '--lines', '500');
      expect(code).toBe(0);
      expect(out).toContain(`Listening on 127.0.0.1:${port}`);
    }
    expect((await logs(MODEL, '--lines', '2')).out.trimEnd().split('\n')).toHaveLength(2);
    const library = await cellOf('LIBRARY');
    expect((await logs('library', '--lines', '500')).out).toContain(`Listening on 127.0.0.1:${library.port}`);
  });

  test('refuses what is none, with a word on what there is', async () => {
    const none = await logs('gemma:2b');
    expect([none.code, none.out]).toEqual([1, '']);
    expect(none.notes).toContain(
      'There is no server process "gemma:2b". Name one by its id, or as library, qwen2.5:0.5b',
    );
    expect((await logs('library', '--backend', 'other')).notes).toContain('The server has: rig.');
    expect((await logs('--follow')).code).toBe(2);
    expect((await logs('library', '--lines', '0')).code).toBe(2);
  });

  test('follows what is written, to the end of the process', async () => {
    const { pid } = await cellOf('INSTANCE');
    await using followed = new RunningProgram(['logs', MODEL, '--follow', '--lines', '1'], {
      cwd: rig.folder,
      env: { VRAMKEEPER_URL: server.app.url },
    });
    await followed.untilSaid(/\S/);
    await server.ended(await server.generate(MODEL));
    await followed.untilSaid(/POST +"\/api\/generate"[\s\S]*POST +"\/api\/generate"/);
    process.kill(pid, 'SIGKILL');
    const { code, notes } = await followed.ended;
    expect(code).toBe(0);
    expect(notes).toMatch(/^The process has ended\. Somebody killed it \(SIGKILL\)/m);
  });

  test('is left with Ctrl-C', async () => {
    await using followed = new RunningProgram(['logs', 'library', '--follow'], {
      cwd: rig.folder,
      env: { VRAMKEEPER_URL: server.app.url },
    });
    await followed.untilSaid(/\S/);
    followed.kill('SIGINT');
    expect((await followed.ended).code).toBe(130);
  });
});

test('a server without a managed backend says whose the log is', async () => {
  const other = await startApp(testConfig(`${rig.folder}/other`, [attached('http://127.0.0.1:9')]));
  try {
    const { code, notes } = await run(['logs'], { cwd: rig.folder, env: { VRAMKEEPER_URL: other.url } });
    expect(code).toBe(1);
    expect(notes).toContain('No backend of this server is managed');
  } finally {
    await other.stop({ graceMs: 0 });
  }
});
