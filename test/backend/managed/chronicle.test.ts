/** What is told of each process: why it was started, and what it ended for or died of. */
import { describe, expect, test } from 'vitest';
import { CellChronicle } from '../../../src/backend/cells/cell-chronicle.ts';
import type { ManagedOllama } from '../../../src/backend/managed/managed-backend.ts';
import { VirtualClock } from '../../../src/clock.ts';
import type { CellEvent } from '../../../src/domain/cell.ts';
import { eventually } from '../../support/eventually.ts';
import { createRig, load, rejection, specOf, startBackend } from './support/rig.ts';

const MODEL = 'qwen2.5:0.5b';
const OTHER = 'llama3.2:1b';
const EMBEDDING = 'all-minilm:latest';
const signal = new AbortController().signal;

function followed(backend: ManagedOllama): CellEvent[] {
  const events: CellEvent[] = [];
  backend.onCell((event) => events.push(event));
  return events;
}

function reasons(events: readonly CellEvent[], kind: CellEvent['kind'], role: string): readonly string[] {
  return events
    .filter((event) => event.kind === kind && event.cell.role === role)
    .map(({ reason }) => reason);
}

describe('a start', () => {
  test('says why no process that stood ready was taken', async () => {
    const rig = createRig([4096, 4096]);
    const backend = await startBackend(rig, { warmCells: 1 });
    const events = followed(backend);
    await load(backend, rig, MODEL);
    await backend.warmed();
    await load(backend, rig, EMBEDDING, [0], 1);
    await load(backend, rig, OTHER, [0, 1]);
    expect(reasons(events, 'start', 'instance')).toEqual([
      'None stood ready.',
      'The one that stood ready has other settings.',
      'None is kept ready for several cards.',
    ]);
    const none = await startBackend(rig, { name: 'none', warmCells: 0 });
    const others = followed(none);
    await load(none, rig, MODEL, [1]);
    expect(reasons(others, 'start', 'instance')).toEqual(['None is kept ready (`warmCells` is 0).']);
  });

  test('is seen while it is under way, with what it is for', async () => {
    const rig = createRig();
    rig.fail({ hangDiscovery: 1 });
    const backend = await startBackend(rig);
    const events = followed(backend);
    const patience = new AbortController();
    await backend.library.list(signal).catch(() => {});
    rig.fail({ noPort: 1 });
    const spec = await specOf(backend, rig, MODEL);
    const failed = rejection(backend.load(spec, patience.signal));
    const starting = await eventually(() => backend.cells().find(({ status }) => status === 'STARTING'));
    expect(starting).toMatchObject({ role: 'instance', modelName: MODEL, port: null, endedAt: null });
    expect(starting.gpuKeys).toEqual(spec.gpus.map(({ key }) => key));
    patience.abort(new Error('Enough.'));
    await failed;
    expect(reasons(events, 'end', 'instance')).toEqual(['It was ended before it was ready.']);
  });

  test('that ends by itself is a death, with its exit code', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const spec = await specOf(backend, rig, MODEL);
    const events = followed(backend);
    rig.fail({ exitAtStart: 1 });
    await rejection(backend.load(spec, signal));
    const [death] = events.filter(({ kind }) => kind === 'death');
    expect(death?.cell).toMatchObject({ modelName: MODEL, role: 'instance' });
    expect(death?.reason).toMatch(/^It failed \(exit code 1\)\./);
    expect(backend.cells().at(-1)).toMatchObject({
      status: 'EXITED',
      exitReason: 'It failed (exit code 1).',
    });
  });
});

describe('an end', () => {
  test('of one that stood ready with other settings says so', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { warmCells: 1 });
    await load(backend, rig, MODEL);
    await backend.warmed();
    const events = followed(backend);
    await load(backend, rig, EMBEDDING, [0], 1);
    await backend.warmed();
    expect(reasons(events, 'end', 'warm')).toEqual([
      'The next load there is more likely to want other settings.',
    ]);
  });

  test('of one that could not load its model says what the load failed with', async () => {
    const rig = createRig();
    const backend = await startBackend(rig);
    const spec = await specOf(backend, rig, MODEL);
    const events = followed(backend);
    rig.fail({ crashOnLoad: 2 });
    await rejection(backend.load(spec, signal));
    expect(reasons(events, 'end', 'instance')).toEqual([expect.stringMatching(/^Its load failed: \S/)]);
  });

  test('of all at a stop says that the server is stopping, and each is told once', async () => {
    const rig = createRig();
    const backend = await startBackend(rig, { warmCells: 1 });
    await load(backend, rig, MODEL);
    await backend.warmed();
    const events = followed(backend);
    await backend.stop();
    expect(events.map(({ kind, reason }) => [kind, reason])).toEqual(
      Array(3).fill(['end', 'The server is stopping.']),
    );
    expect(new Set(events.map(({ cell }) => cell.role))).toEqual(new Set(['instance', 'warm', 'library']));
  });
});

describe('the last words of one that died', () => {
  async function deathOf(env: Readonly<Record<string, string>>): Promise<string> {
    const rig = createRig();
    const backend = await startBackend(rig, { env: { ...rig.env, ...env } });
    await load(backend, rig, MODEL);
    const events = followed(backend);
    process.kill(backend.cells().find(({ role }) => role === 'instance')?.pid ?? 0, 'SIGKILL');
    const death = await eventually(() => events.find(({ kind }) => kind === 'death'));
    return death.reason;
  }

  test('are told with it', async () => {
    expect(await deathOf({})).toMatch(/\(SIGKILL\).* Its last line: \S/);
  });

  test('are not told where the settings make Ollama write prompts', async () => {
    expect(await deathOf({ OLLAMA_DEBUG: '1' })).not.toContain('Its last line');
    expect(await deathOf({ LLAMA_ARG_LOG_VERBOSITY: '5' })).not.toContain('Its last line');
    expect(await deathOf({ OLLAMA_DEBUG: '0' })).toContain('Its last line');
  });
});

test('only the newest sixteen of those that ended are still shown', () => {
  const clock = new VirtualClock(1_000);
  const chronicle = new CellChronicle({ clock, quotes: true });
  for (let pid = 1; pid <= 20; pid += 1) {
    const uuid = `00000000-0000-4000-8000-${String(pid).padStart(12, '0')}`;
    const process = { bootId: 'boot', pid, startTicks: 1, program: null };
    chronicle.foundAndEnded({ uuid, record: { process, note: null, port: null, startedAt: 0 } }, 'Old.');
  }
  expect(chronicle.states.map(({ pid }) => pid)).toEqual(Array.from({ length: 16 }, (_, i) => 20 - i));
  expect(chronicle.states[0]).toMatchObject({ status: 'EXITED', endedAt: 1_000, exitReason: 'Old.' });
});
