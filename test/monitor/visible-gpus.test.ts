/** The cards that the environment leaves to a managed backend. */
import { describe, expect, test } from 'vitest';
import { managedProbes } from '../../src/app/probes.ts';
import { systemClock } from '../../src/clock.ts';
import { managedConfig } from '../../src/config/managed.ts';
import type { GpuReading } from '../../src/domain/gpu.ts';
import { GiB } from '../../src/domain/units.ts';
import { createAmdProbe } from '../../src/monitor/amd-probe.ts';
import { createFixedProbe } from '../../src/monitor/fixed-probe.ts';
import { createNvidiaProbe } from '../../src/monitor/nvidia-probe.ts';
import { type Maker, visibleIn, visibleTo } from '../../src/monitor/visible-gpus.ts';
import { fakeNvidiaSmi } from './fake-nvidia-smi.ts';

const card = (key: string, index: number): GpuReading => ({
  key,
  index,
  name: key,
  totalBytes: GiB,
  usedBytes: 0,
  processes: [],
  source: 'DRIVER',
  sampledAt: 0,
});
const THREE = ['GPU-aa11', 'GPU-aa22', 'GPU-bb33'].map(card);
const AMD = ['9246aabb', '0xcc44', '0000:05:00.0'].map(card);
const SLICED = ['GPU-aa11/1', 'GPU-aa11/2', 'GPU-bb33'].map(card);

describe('a list of visible devices', () => {
  test.each<[list: string, gpus: readonly GpuReading[], left: readonly number[]]>([
    ['0', THREE, [0]],
    ['1,2', THREE, [1, 2]],
    ['2,0', THREE, [0, 2]],
    [' 0 , 1 ', THREE, [0, 1]],
    ['0,0', THREE, [0]],
    ['', THREE, []],
    [' ', THREE, []],
    ['-1', THREE, []],
    ['-1,0', THREE, []],
    ['0,-1,1', THREE, [0]],
    ['7', THREE, []],
    ['0,7,1', THREE, [0]],
    ['none', THREE, []],
    ['NoDevFiles', THREE, []],
    ['GPU-bb33', THREE, [2]],
    ['gpu-BB33', THREE, [2]],
    ['GPU-bb', THREE, [2]],
    ['GPU-aa', THREE, []],
    ['GPU-', THREE, []],
    ['GPU-bb33,0', THREE, [0, 2]],
    ['GPU-zz', THREE, []],
    ['0', SLICED, [0, 1]],
    ['1', SLICED, [2]],
    ['MIG-8f3c', SLICED, [0, 1]],
    ['GPU-9246aabb', AMD, [0]],
    ['GPU-cc44', AMD, [1]],
    ['2', AMD, [2]],
  ])('of "%s" leaves what programs see', (list, gpus, left) => {
    expect(visibleIn(gpus, list).map(({ index }) => index)).toEqual(left);
  });
});

describe('an environment', () => {
  const fixed = createFixedProbe({
    gpus: [0, 1, 2].map((index) => ({ index, totalBytes: GiB })),
    clock: systemClock,
  });
  test.each<[maker: Maker, env: Record<string, string>, left: readonly number[]]>([
    ['nvidia', {}, [0, 1, 2]],
    ['nvidia', { CUDA_VISIBLE_DEVICES: '1' }, [1]],
    ['nvidia', { CUDA_VISIBLE_DEVICES: '' }, []],
    ['nvidia', { HIP_VISIBLE_DEVICES: '1', ROCR_VISIBLE_DEVICES: '1', GPU_DEVICE_ORDINAL: '1' }, [0, 1, 2]],
    ['amd', { HIP_VISIBLE_DEVICES: '1' }, [1]],
    ['amd', { ROCR_VISIBLE_DEVICES: '2' }, [2]],
    ['amd', { GPU_DEVICE_ORDINAL: '0,2' }, [0, 2]],
    ['amd', { CUDA_VISIBLE_DEVICES: '-1' }, []],
    ['amd', { HIP_VISIBLE_DEVICES: '0', CUDA_VISIBLE_DEVICES: '2' }, [0]],
    // The second counts among what the first left.
    ['amd', { ROCR_VISIBLE_DEVICES: '1,2', HIP_VISIBLE_DEVICES: '1' }, [2]],
    ['amd', { ROCR_VISIBLE_DEVICES: '1', HIP_VISIBLE_DEVICES: '1' }, []],
  ])('of %s programs with %j leaves %j', async (maker, env, left) => {
    expect((await visibleTo(fixed, maker, env).read()).map(({ index }) => index)).toEqual(left);
  });
});

test('a managed backend sees what its processes see', async () => {
  await using smi = await fakeNvidiaSmi();
  await smi.answers([0, 1].map((index) => `${index}, GPU-${index}, [N/A], 0, Card, 24576, 10\n`).join(''));
  const local = {
    nvidia: createNvidiaProbe({ clock: systemClock, env: smi.env }),
    amd: createAmdProbe({ clock: systemClock }),
  };
  const config = managedConfig({ env: { GPU_DEVICE_ORDINAL: '0' } }, { env: {}, home: '/' }, 4096);
  const before = process.env.CUDA_VISIBLE_DEVICES;
  try {
    for (const [list, seen] of [
      ['1', [1]],
      ['', []],
      ['GPU-0', [0]],
    ] as const) {
      process.env.CUDA_VISIBLE_DEVICES = list;
      const { nvidia } = managedProbes(config, local, systemClock);
      expect((await nvidia.read()).map(({ index }) => index)).toEqual(seen);
    }
  } finally {
    if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
    else process.env.CUDA_VISIBLE_DEVICES = before;
  }
});
