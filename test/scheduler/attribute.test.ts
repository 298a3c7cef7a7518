/** What readings tell of where an instance lies and what it takes, and what they must not be taken for. */

import { describe, expect, test } from 'vitest';
import type { Resident } from '../../src/domain/backend.ts';
import type { ForeignProcess } from '../../src/domain/gpu.ts';
import { type InstanceId, stableId } from '../../src/domain/ids.ts';
import type { BackendObservation } from '../../src/domain/observation.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import { VersionedMap } from '../../src/domain/versioned-map.ts';
import { USUAL_POLICY } from '../../src/scheduler/decide/decide.ts';
import type { Effect } from '../../src/scheduler/events.ts';
import { gpusOf } from '../../src/scheduler/ledger/cards.ts';
import { initialState, type SchedulerState } from '../../src/scheduler/state.ts';
import { step } from '../../src/scheduler/step.ts';
import type { World } from '../../src/scheduler/turn.ts';
import { attachedCapabilities } from '../support/capabilities.ts';

const BOX = stableId('bkd', 'box');
const CONTEXT = 300 * MiB;
const WEIGHTS = 4 * GiB;

interface Card {
  readonly used: number | null;
  readonly processes?: readonly ForeignProcess[];
}

/** One backend with two cards, to which the test tells what happens. */
class Box {
  state: SchedulerState;
  readonly effects: Effect[] = [];
  now = 1_000;
  #number = 0;
  readonly #world: World;

  constructor() {
    this.#world = {
      demand: [],
      clients: VersionedMap.of(),
      hasListed: () => true,
      isNamed: () => true,
      resolve: () => ({
        info: { digest: 'd' } as never,
        variant: {
          modelName: 'm:latest',
          weights: 'm',
          contextLength: 4096,
          options: { num_ctx: 4096, num_gpu: 999 },
          embedding: false,
        },
        config: { parallel: 1, kvCacheType: 'f16', flashAttention: null },
        footprintBytes: WEIGHTS + 512 * MiB,
        driverBytes: 512 * MiB,
        predictedByServerBytes: WEIGHTS,
        measured: false,
        loadMs: 1_000,
        keepAliveMs: null,
      }),
      newInstanceId: () => {
        this.#number += 1;
        return `ins_${this.#number}` as InstanceId;
      },
    };
    const capabilities = attachedCapabilities();
    const settings = { id: BOX, name: 'box', mode: 'ATTACHED', url: '', capabilities } as const;
    const limits = { maxLoadedModels: 3, headroomBytes: 0, parallel: 1, hasProbe: true } as const;
    this.state = initialState([{ ...settings, ...limits, probeIntervalMs: 1_000 }]);
  }

  hear(event: Parameters<typeof step>[1]): void {
    const { state, effects } = step(this.state, event, this.#world, USUAL_POLICY, this.now);
    this.state = state;
    this.effects.push(...effects);
  }

  read(cards: readonly Card[], more: Partial<BackendObservation> = {}): void {
    this.now += 1_000;
    const gpus = cards.map(({ used, processes = [] }, index) => ({
      key: `GPU-${index}`,
      index,
      name: 'card',
      totalBytes: 24 * GiB,
      usedBytes: used,
      processes,
      source: 'DRIVER' as const,
      sampledAt: this.now,
    }));
    const reading = { startedAt: this.now, at: this.now, health: 'HEALTHY', problem: null } as const;
    const told = { version: '1', residents: null, host: null, probeProblem: null, models: null };
    this.hear({ type: 'observed', observation: { backendId: BOX, ...reading, ...told, gpus, ...more } });
  }

  /** Loads the model because it is wished for. */
  load(): void {
    const load = {
      queue: 'm' as never,
      backendId: BOX,
      why: 'test',
      mayEvict: true,
      askedAt: 0,
      lasting: false,
    };
    this.hear({ type: 'wish', change: { kind: 'load', load } });
    this.loaded();
  }

  loaded(): void {
    const load = this.effects.find((effect) => effect.type === 'load');
    if (load?.type !== 'load') throw new Error('Nothing is loaded.');
    this.now += 1_000;
    const measured = { sizeBytes: WEIGHTS, vramBytes: WEIGHTS };
    this.hear({ type: 'loaded', instanceId: load.instanceId, variant: load.spec.variant, measured });
  }

  get footprint(): readonly number[] {
    const [instance] = this.state.instances.values();
    const gpus = this.state.backends.get(BOX)?.gpus ?? [];
    return gpus.map(({ id }) => instance?.footprint.find(({ gpuId }) => gpuId === id)?.bytes ?? 0);
  }

  get ledger() {
    const backend = this.state.backends.get(BOX);
    if (!backend) throw new Error('There is no box.');
    return gpusOf(this.state, backend);
  }

  get probed(): readonly number[] {
    return this.effects.flatMap((effect) => (effect.type === 'probed' ? [effect.probedBytes] : []));
  }
}

const engine = (pid: number, bytes: number, name = '/usr/lib/ollama/llama-server'): ForeignProcess => ({
  pid,
  name,
  bytes,
});

describe('an instance on a host with several cards', () => {
  test('is booked on the card where its process has appeared, and what the driver adds is learned once', () => {
    const box = new Box();
    const foreign = engine(7, 5 * GiB, 'python');
    box.read([{ used: 0 }, { used: 5 * GiB, processes: [foreign] }]);
    box.load();
    expect(box.footprint).toEqual([WEIGHTS + 512 * MiB, 0]);
    const there = engine(8, WEIGHTS + CONTEXT);
    for (let i = 0; i < 3; i += 1)
      box.read([{ used: 0 }, { used: 5 * GiB + there.bytes, processes: [foreign, there] }]);
    expect(box.footprint).toEqual([0, WEIGHTS + CONTEXT]);
    expect(box.ledger.map(({ usage }) => usage.foreignBytes)).toEqual([0, 5 * GiB]);
    expect(box.ledger[1]?.foreignProcesses).toEqual([foreign]);
    expect(box.probed).toEqual([WEIGHTS + CONTEXT]);
  });

  test('is no other program while it loads, nor in the moment after it', () => {
    const box = new Box();
    box.read([{ used: 0 }, { used: 0 }]);
    const load = {
      queue: 'm' as never,
      backendId: BOX,
      why: 'test',
      mayEvict: true,
      askedAt: 0,
      lasting: false,
    };
    box.hear({ type: 'wish', change: { kind: 'load', load } });
    box.read([
      { used: GiB, processes: [engine(8, GiB)] },
      { used: GiB, processes: [engine(9, GiB, 'blender')] },
    ]);
    const foreign = () => box.ledger.map(({ foreignProcesses }) => foreignProcesses.map(({ pid }) => pid));
    expect(foreign()).toEqual([[], [9]]);
    box.loaded();
    expect(foreign()).toEqual([[], [9]]);
  });

  test('over two cards has its share on each', () => {
    const box = new Box();
    box.read([{ used: 0 }, { used: 0 }]);
    box.load();
    const [a, b] = [engine(8, 3 * GiB + CONTEXT), engine(8, GiB + CONTEXT)];
    box.read([
      { used: a.bytes, processes: [a] },
      { used: b.bytes, processes: [b] },
    ]);
    expect(box.footprint).toEqual([a.bytes, b.bytes]);
  });

  test('is found by what grew where the driver tells no processes', () => {
    const box = new Box();
    box.read([{ used: GiB }, { used: 2 * GiB }]);
    box.load();
    box.read([{ used: GiB }, { used: 2 * GiB + WEIGHTS + CONTEXT }]);
    expect(box.footprint).toEqual([0, WEIGHTS + CONTEXT]);
    expect(box.probed).toEqual([WEIGHTS + CONTEXT]);
  });

  test('stays where it was predicted when another program grew meanwhile, too', () => {
    const box = new Box();
    box.read([{ used: 0 }, { used: 0 }]);
    box.load();
    box.read([{ used: 0 }, { used: WEIGHTS + CONTEXT + 6 * GiB }]);
    expect(box.footprint).toEqual([WEIGHTS + 512 * MiB, 0]);
    // A later reading is no better witness, whatever it happens to show.
    box.read([{ used: 0 }, { used: WEIGHTS + CONTEXT }]);
    expect(box.footprint).toEqual([WEIGHTS + 512 * MiB, 0]);
    expect(box.probed).toEqual([]);
  });

  test('does not take another program for itself that was there before, or is of another size', () => {
    const box = new Box();
    const before = engine(7, WEIGHTS + CONTEXT);
    const small = engine(9, GiB);
    box.read([{ used: before.bytes, processes: [before] }, { used: 0 }]);
    box.load();
    box.read([{ used: before.bytes + small.bytes, processes: [before, small] }, { used: WEIGHTS + CONTEXT }]);
    expect(box.ledger[0]?.foreignProcesses).toEqual([before, small]);
  });
});

test('a card that only the configuration knows has the driver’s part of every process counted', () => {
  const box = new Box();
  box.read([{ used: null }, { used: null }]);
  box.load();
  box.read([{ used: null }, { used: null }]);
  expect(box.ledger[0]?.usage).toMatchObject({
    instanceBytes: WEIGHTS + 512 * MiB,
    usedBytes: WEIGHTS + 512 * MiB,
    freeBytes: 20 * GiB - 512 * MiB,
  });
  const other = new Box();
  const resident: Resident = {
    modelName: 'm:latest',
    digest: 'd',
    contextLength: 4096,
    sizeBytes: WEIGHTS,
    vramBytes: WEIGHTS,
    expiresAt: null,
    parallel: null,
    gpuKeys: ['GPU-1'],
  };
  other.read([{ used: null }, { used: null }], { residents: [resident] });
  expect(other.ledger[1]?.usage.instanceBytes).toBe(WEIGHTS + 512 * MiB);
});

test('processes that the backend started are its own by what it tells', () => {
  const box = new Box();
  const processes = [engine(8, GiB, null as never), engine(9, GiB, 'python')];
  box.read([{ used: 2 * GiB, processes }, { used: 0 }], { ownPids: [8] });
  expect(box.ledger[0]?.foreignProcesses.map(({ pid }) => pid)).toEqual([9]);
});
