import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { MiB } from '../../src/domain/units.ts';
import { createNvidiaProbe } from '../../src/monitor/nvidia-probe.ts';
import { parseSlices } from '../../src/monitor/nvidia-slices.ts';
import { fakeNvidiaSmi } from './fake-nvidia-smi.ts';

/**
 * The layout, sizes and processes of an H100 in four slices under load and of an H200 with two compute instances in one slice, driver
 * 590.48.01: github.com/utkuozdemir/nvidia_gpu_exporter, internal/captures (linux-x86_64__nvidia-h100-mig__590.48.01 and …h200-mig…).
 */
interface Device {
  readonly instance: number;
  readonly compute?: number;
  readonly total: string;
  readonly used: string;
}

const H100: readonly Device[] = [
  { instance: 2, total: '40448 MiB', used: '11091 MiB' },
  { instance: 3, total: '20096 MiB', used: '17 MiB' },
  { instance: 9, total: '9984 MiB', used: '9 MiB' },
  { instance: 10, total: '9984 MiB', used: '9 MiB' },
];
const H100_PROCESSES = [
  [2, 21180, '/root/tools/memhog', '2296 MiB'],
  [2, 21181, '/root/tools/memhog', '1272 MiB'],
  [2, 21198, './gpu_burn', '7484 MiB'],
] as const;

function card(
  uuid: string,
  devices: readonly Device[],
  processes: readonly (readonly [number | 'N/A', number, string, string])[],
  heading = 'Shared FB Memory Usage',
): string {
  const line = (indent: number, key: string, value?: string | number) =>
    value === undefined
      ? ' '.repeat(indent) + key
      : `${' '.repeat(indent)}${key.padEnd(51 - indent)}: ${value}`;
  return [
    'GPU 00000000:00:09.0',
    line(4, 'Product Name', 'NVIDIA H100 80GB HBM3'),
    line(4, 'MIG Mode'),
    line(8, 'Current', 'Enabled'),
    ...devices.flatMap(({ instance, compute = 0, total, used }, index) => [
      line(4, 'MIG Device'),
      line(8, 'Index', index),
      line(8, 'GPU Instance ID', instance),
      line(8, 'Compute Instance ID', compute),
      line(8, 'ECC Errors'),
      line(12, 'Volatile'),
      line(16, 'SRAM Uncorrectable', 0),
      line(8, heading),
      line(12, 'Total', total),
      line(12, 'Reserved', '0 MiB'),
      line(12, 'Used', used),
      line(8, 'Shared BAR1 Memory'),
      line(12, 'Total', '24739 MiB'),
      line(12, 'Used', '0 MiB'),
    ]),
    line(4, 'Accounting Mode', 'Disabled'),
    line(4, 'GPU UUID', uuid),
    line(4, 'FB Memory Usage'),
    line(8, 'Total', '81559 MiB'),
    line(8, 'Reserved', '479 MiB'),
    line(8, 'Used', '11125 MiB'),
    line(4, 'Processes'),
    ...processes.flatMap(([instance, pid, name, bytes]) => [
      line(8, 'GPU instance ID', instance),
      line(8, 'Compute instance ID', 0),
      line(8, 'Process ID', pid),
      line(12, 'Type', 'C'),
      line(12, 'Name', name),
      line(12, 'Used GPU Memory', bytes),
    ]),
    line(4, 'Capabilities'),
    line(8, 'EGM', 'disabled'),
    '',
  ].join('\n');
}

const log = (...cards: readonly string[]) =>
  ['', '==============NVSMI LOG==============', '', `Attached GPUs : ${cards.length}`, ...cards].join('\n');

describe('slices of a card with MIG', () => {
  test('are found with their memory and their processes', () => {
    const slices = parseSlices(log(card('GPU-a', H100, H100_PROCESSES))).get('GPU-a');
    expect(
      slices?.map((slice) => [slice.instanceId, slice.totalBytes / MiB, (slice.usedBytes ?? 0) / MiB]),
    ).toEqual([
      [2, 40448, 11091],
      [3, 20096, 17],
      [9, 9984, 9],
      [10, 9984, 9],
    ]);
    expect(slices?.map((slice) => slice.processes)).toEqual([
      [
        { pid: 21180, name: '/root/tools/memhog', bytes: 2296 * MiB },
        { pid: 21181, name: '/root/tools/memhog', bytes: 1272 * MiB },
        { pid: 21198, name: './gpu_burn', bytes: 7484 * MiB },
      ],
      [],
      [],
      [],
    ]);
  });

  test('count once when compute instances share their memory', () => {
    const devices = [
      { instance: 2, compute: 0, total: '71424 MiB', used: '16925 MiB' },
      { instance: 2, compute: 1, total: '71424 MiB', used: '16925 MiB' },
      { instance: 3, total: '33280 MiB', used: '17 MiB' },
    ];
    const slices = parseSlices(log(card('GPU-a', devices, []))).get('GPU-a');
    expect(slices?.map((slice) => slice.totalBytes / MiB)).toEqual([71424, 33280]);
  });

  test('are read under the older heading, and kept apart by card', () => {
    const [first = H100[0], second] = H100;
    if (!first || !second) throw new Error('The H100 has slices.');
    const text = log(
      card('GPU-a', [first], [], 'FB Memory Usage'),
      card('GPU-b', [second], [['N/A', 7, 'X', '10 MiB']], 'FB Memory Usage'),
    );
    const found = [...parseSlices(text)].map(([uuid, slices]) => [uuid, slices.map((one) => one.instanceId)]);
    expect(found).toEqual([
      ['GPU-a', [2]],
      ['GPU-b', [3]],
    ]);
  });

  test('without a size are left out: the size of the whole card is not theirs', () => {
    const hidden = [{ instance: 5, total: 'N/A', used: 'N/A' }];
    expect(parseSlices(log(card('GPU-a', hidden, []))).get('GPU-a')).toEqual([]);
  });
});

describe('nvidia-smi on a host with MIG', () => {
  const sliced = '0, GPU-a, Enabled, 479, NVIDIA H100 80GB HBM3, 81559, 11125\n';
  const whole = '1, GPU-b, Disabled, 479, NVIDIA H100 80GB HBM3, 81559, 59\n';

  test('tells of each slice as of a GPU, with an index and a key of its own', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(sliced + whole, '', log(card('GPU-a', H100, H100_PROCESSES)));
    const gpus = await createNvidiaProbe({ clock: systemClock, env: smi.env }).read();
    expect(gpus.map((gpu) => [gpu.index, gpu.key, gpu.totalBytes / MiB])).toEqual([
      [0, 'GPU-a/2', 40448],
      [1, 'GPU-a/3', 20096],
      [2, 'GPU-a/9', 9984],
      [3, 'GPU-a/10', 9984],
      [4, 'GPU-b', 81559 - 479],
    ]);
    expect(gpus[0]?.processes).toHaveLength(3);
  });

  test('tells of slices whose card keeps its own figures to itself', async () => {
    await using smi = await fakeNvidiaSmi();
    const hidden = '[Insufficient Permissions]';
    await smi.answers(
      `0, GPU-a, Enabled, ${hidden}, NVIDIA H100 80GB HBM3, ${hidden}, ${hidden}\n`,
      '',
      log(card('GPU-a', H100.slice(1, 2), [])),
    );
    const gpus = await createNvidiaProbe({ clock: systemClock, env: smi.env }).read();
    expect(gpus.map((gpu) => [gpu.index, gpu.totalBytes / MiB])).toEqual([[0, 20096]]);
  });

  test('is refused where no slice can be seen: nobody can have the memory of the whole card', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(sliced, '', log(card('GPU-a', [], [])));
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    await expect(probe.read()).rejects.toThrow(/MIG is on for NVIDIA H100.*mig -lgi.*probe: fixed/);
  });
});
