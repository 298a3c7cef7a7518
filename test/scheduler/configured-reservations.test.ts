/** What the configuration keeps for others: from when on it holds, for which programs, and that their use is not counted on top. */

import { describe, expect, test } from 'vitest';
import { NO_OVERHEAD } from '../../src/domain/card-overhead.ts';
import type { ForeignProcess } from '../../src/domain/gpu.ts';
import { type InstanceId, stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { VersionedMap } from '../../src/domain/versioned-map.ts';
import { USUAL_POLICY } from '../../src/scheduler/decide/decide.ts';
import { impossibleEverywhere } from '../../src/scheduler/decide/impossible.ts';
import type { Effect } from '../../src/scheduler/events.ts';
import { lastingFaults } from '../../src/scheduler/explain/lasting-faults.ts';
import { gpusOf } from '../../src/scheduler/ledger/cards.ts';
import { ReservationReports } from '../../src/scheduler/reservations/reports.ts';
import { snapshotOf } from '../../src/scheduler/snapshot/snapshot-of.ts';
import { type BackendSettings, initialState, type SchedulerState } from '../../src/scheduler/state.ts';
import { step } from '../../src/scheduler/step.ts';
import type { World } from '../../src/scheduler/turn.ts';
import { attachedCapabilities } from '../support/capabilities.ts';

const BOX = stableId('bkd', 'box');
const HEADROOM = 0.5 * GiB;

type Reservations = NonNullable<BackendSettings['reservations']>;
const desktop = { owner: 'desktop', bytes: 2 * GiB, gpu: null, whileProcess: null };

/** One backend with a card of 8 GiB, and a wish for a model of 5 GiB. */
function box(reservations: Reservations) {
  const world: World = {
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
      footprintBytes: 5 * GiB,
      driverBytes: 0,
      predictedByServerBytes: 5 * GiB,
      measured: true,
      loadMs: 1_000,
      keepAliveMs: null,
    }),
    newInstanceId: () => 'ins_1' as InstanceId,
  };
  const capabilities = attachedCapabilities();
  let state: SchedulerState = initialState([
    {
      id: BOX,
      name: 'box',
      mode: 'ATTACHED',
      url: '',
      capabilities,
      maxLoadedModels: 3,
      headroomBytes: HEADROOM,
      parallel: 1,
      hasProbe: true,
      probeIntervalMs: 1_000,
      reservations,
    },
  ]);
  const effects: Effect[] = [];
  let now = 1_000;
  const hear = (event: Parameters<typeof step>[1]) => {
    const done = step(state, event, world, USUAL_POLICY, now);
    state = done.state;
    effects.push(...done.effects);
  };
  return {
    hear,
    get state() {
      return state;
    },
    get loads() {
      return effects.filter(({ type }) => type === 'load').length;
    },
    wish: () =>
      hear({
        type: 'wish',
        change: {
          kind: 'load',
          load: {
            queue: 'm' as never,
            backendId: BOX,
            why: 'test',
            mayEvict: true,
            askedAt: 0,
            lasting: false,
          },
        },
      }),
    read(usedBytes: number, processes: readonly ForeignProcess[] = [], ownPids: readonly number[] = []) {
      now += 1_000;
      const gpu = {
        key: 'GPU-0',
        index: 0,
        name: 'card',
        totalBytes: 8 * GiB,
        usedBytes,
        processes,
        source: 'DRIVER',
        sampledAt: now,
      } as const;
      const told = { version: '1', residents: null, host: null, probeProblem: null, models: null, ownPids };
      const reading = { startedAt: now, at: now, health: 'HEALTHY', problem: null, gpus: [gpu] } as const;
      hear({ type: 'observed', observation: { backendId: BOX, ...reading, ...told } });
      const backend = state.backends.get(BOX);
      const [seen] = backend ? gpusOf(state, backend) : [];
      if (!seen) throw new Error('No card was seen.');
      return seen.usage;
    },
  };
}

describe('a reservation of the configuration', () => {
  test('holds in the first decision after a start', () => {
    for (const [bytes, loads] of [
      [3 * GiB, 0],
      [1 * GiB, 1],
    ] as const) {
      const b = box([{ ...desktop, bytes }]);
      b.wish();
      b.read(0);
      expect(b.loads).toBe(loads);
    }
  });

  test.each([
    ['before the start', [1.5], 5.5],
    ['after the start', [0, 1.5], 5.5],
    ['more than is reserved', [3], 4.5],
    ['nothing', [0], 5.5],
    ['more and less again', [3, 1], 5.5],
  ])('is not counted on top of what is used: %s', (_case, used, freeGiB) => {
    const b = box([desktop]);
    const usages = used.map((gib) => b.read(gib * GiB));
    expect(usages.at(-1)?.freeBytes).toBe(freeGiB * GiB);
  });

  const program = (pid: number, name: string, gib: number, command: string | null = null) => ({
    pid,
    name,
    bytes: gib * GiB,
    command,
  });

  test.each<[name: string, process: ForeignProcess, holds: boolean]>([
    ['its name', program(1, '/opt/ComfyUI/bin/comfyui', 1), true],
    ['its name in another case', program(1, 'COMFYUI.EXE', 1), true],
    [
      'its command line, where it shows as python',
      program(1, 'python', 1, '/usr/bin/python3 /srv/ComfyUI/main.py --listen'),
      true,
    ],
    ['nothing of it', program(1, 'python', 1, '/usr/bin/python3 train.py'), false],
    ['nothing, where little is known', program(1, 'python', 1), false],
  ])('for a program holds while one runs that it matches by %s', (_case, process, holds) => {
    const b = box([{ ...desktop, whileProcess: 'comfyui' }]);
    expect(b.read(GiB, [process]).reservedBytes).toBe(holds ? 2 * GiB : 0);
    expect(b.read(0).reservedBytes).toBe(0);
  });

  test('for a program is not for an engine of our own', () => {
    const b = box([{ ...desktop, whileProcess: 'llama' }]);
    expect(b.read(GiB, [program(7, 'llama-server', 1)], [7]).reservedBytes).toBe(0);
    expect(b.read(GiB, [program(7, 'llama-server', 1)], []).reservedBytes).toBe(2 * GiB);
  });

  test('for a program takes what that one uses for its own, and nothing of others', () => {
    const b = box([{ ...desktop, whileProcess: 'comfy' }]);
    // 1 GiB of the 2 reserved is in use by it; the other 2 GiB are somebody else's.
    const usage = b.read(3 * GiB, [program(1, 'comfy', 1), program(2, 'game', 2)]);
    expect(usage).toMatchObject({ reservedBytes: 2 * GiB, foreignBytes: 2 * GiB, freeBytes: 3.5 * GiB });
  });

  test('stands beside another, each for its own', () => {
    const b = box([desktop, { ...desktop, owner: 'comfy', whileProcess: 'comfy' }]);
    const usage = b.read(2.5 * GiB, [program(1, 'comfy', 1), program(2, 'Xorg', 1.5)]);
    expect(usage).toMatchObject({ reservedBytes: 4 * GiB, foreignBytes: 0, freeBytes: 3.5 * GiB });
  });

  test('says in the log when no program is what it is for, and when one comes and goes', () => {
    const said: string[] = [];
    const reports = new ReservationReports({
      info: (text) => said.push(text),
      warn: (text) => said.push(text),
    });
    const b = box([desktop, { ...desktop, owner: 'comfy', whileProcess: 'comfy' }]);
    const secret = program(1, 'python', 1, 'python x --token canary');
    for (const processes of [[secret], [secret], [program(2, 'comfy', 1)], []]) {
      b.read(GiB, processes);
      reports.stateChanged(b.state);
    }
    expect(said).toEqual([
      expect.stringMatching(/comfy on GPU 0 of box holds nothing until.*"comfy".*seen there: python/),
      expect.stringMatching(/holds: a program matches "comfy"/),
      expect.stringMatching(/holds nothing any more/),
    ]);
    expect(said.join()).not.toContain('canary');
  });
});

describe('what leaves nothing of a card to models', () => {
  const told = (reservation: Partial<typeof desktop> & { readonly whileProcess?: string | null }) => {
    const b = box([{ ...desktop, ...reservation } as never]);
    b.read(0);
    const faults = lastingFaults(b.state, [], 2_000).map(({ kind, message }) => `${kind}: ${message}`);
    const { backends } = snapshotOf(b.state, [], [], 2_000);
    const option = {
      backendId: backends[0]?.id,
      ...{ variant: { modelName: 'm', contextLength: 4096 }, config: { parallel: 1 }, measured: true },
      ...{ footprintBytes: 5 * GiB, marginBytes: 0, overhead: NO_OVERHEAD, cpuBytes: 0 },
      ...{ fewerSlots: [], withMoreSlots: [], mayOffload: false, misfit: null },
    } as never;
    return { faults, ends: impossibleEverywhere([option], backends, 2_000)?.explanation };
  };

  test.each([7.5, 8, 30])('is a problem in health, and jobs end that could never run (%f GiB)', (gib) => {
    const { faults, ends } = told({ bytes: gib * GiB });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      /^NO_ROOM_FOR_MODELS: box: GPU 0 has 8\.0 GiB, and headroom with reservations takes/,
    );
    expect(ends).toMatch(
      /box has 0 B when nothing else uses it and 8\.0 GiB are kept by headroom and reservations/,
    );
  });

  test('is not what leaves too little for this model alone; yet its jobs end', () => {
    const { faults, ends } = told({ bytes: 4 * GiB });
    expect(faults).toEqual([]);
    expect(ends).toMatch(/box has 3\.5 GiB when nothing else uses it and 4\.5 GiB are kept/);
  });

  test.each([8, 30])('is not what is kept while a program runs: jobs wait for its end (%f GiB)', (gib) => {
    expect(told({ bytes: gib * GiB, whileProcess: 'game' as never })).toEqual({
      faults: [],
      ends: undefined,
    });
  });
});
