import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { MiB } from '../../src/domain/units.ts';
import { GpuProbeError } from '../../src/monitor/gpu-probe-error.ts';
import { parseGpus, parseProcesses } from '../../src/monitor/nvidia-output.ts';
import { createNvidiaProbe } from '../../src/monitor/nvidia-probe.ts';
import { parseSlices } from '../../src/monitor/nvidia-slices.ts';
import { eventually } from '../support/eventually.ts';
import { fakeNvidiaSmi } from './fake-nvidia-smi.ts';

/**
 * The values of cards and processes are those of published outputs, in the columns that the probe asks for:
 * H100, L40S, H100 with MIG (drivers 590.48.01, 595.80) and RTX 2080 SUPER under Windows (591.86, 610.62):
 * github.com/utkuozdemir/nvidia_gpu_exporter, internal/captures; RTX 2080, driver 440.64: github.com/Ricks-Lab/gpu-utils, issue 83.
 */
const MASKED = 'GPU-00000000-0000-0000-0000-000000000000';
const H100 = {
  gpus: `0, ${MASKED}, Disabled, 479, NVIDIA H100 80GB HBM3, 81559, 19818\n`,
  processes: `${MASKED}, 11327, /root/tools/memhog, 2566\n${MASKED}, 11328, /root/tools/memhog, 1542\n${MASKED}, 11345, ./gpu_burn, 15690\n`,
};
const L40S = `0, ${MASKED}, [N/A], 609, NVIDIA L40S, 46068, 1235\n`;
const WINDOWS = `0, ${MASKED}, [N/A], 205, NVIDIA GeForce RTX 2080 SUPER, 8192, 1296\r\n`;
const WINDOWS_PROCESSES = [
  `${MASKED}, 13160, C:\\Windows\\explorer.exe, [N/A]`,
  `${MASKED}, 17648, C:\\Program Files\\NVIDIA Corporation\\NVIDIA App\\CEF\\NVIDIA Overlay.exe, [N/A]`,
].join('\r\n');
const RTX_2080 = '0, GPU-22b2c6ac-2d49-4863-197c-9c469071178a, GeForce RTX 2080, 7979, [Not Supported]\n';
const FIRST_FIELDS = ['index', 'uuid', 'name', 'memory.total', 'memory.used'] as const;

async function failureOf(promise: Promise<unknown>): Promise<GpuProbeError> {
  const outcome = await promise.then(
    () => new Error('It succeeded.'),
    (error: unknown) => error,
  );
  if (outcome instanceof GpuProbeError) return outcome;
  throw outcome;
}

describe('nvidia-smi', () => {
  test('tells the memory of each GPU without what the driver reserves, and who has it', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(H100.gpus, H100.processes);
    const [gpu, ...others] = await createNvidiaProbe({ clock: systemClock, env: smi.env }).read();
    expect(others).toEqual([]);
    expect(gpu).toMatchObject({
      key: MASKED,
      index: 0,
      name: 'NVIDIA H100 80GB HBM3',
      totalBytes: (81559 - 479) * MiB,
      usedBytes: 19818 * MiB,
      source: 'DRIVER',
      processes: [
        { pid: 11327, name: '/root/tools/memhog', bytes: 2566 * MiB },
        { pid: 11328, name: '/root/tools/memhog', bytes: 1542 * MiB },
        { pid: 11345, name: './gpu_burn', bytes: 15690 * MiB },
      ],
    });
  });

  test('may keep to itself how much is in use', () => {
    expect(parseGpus(RTX_2080, FIRST_FIELDS).gpus).toEqual([
      {
        index: 0,
        uuid: 'GPU-22b2c6ac-2d49-4863-197c-9c469071178a',
        name: 'GeForce RTX 2080',
        sliced: false,
        totalBytes: 7979 * MiB,
        usedBytes: null,
        activity: { utilization: null, powerWatts: null, temperatureCelsius: null },
      },
    ]);
  });

  test.each([
    ['all of it', '35, 212.40, 61', { utilization: 0.35, powerWatts: 212.4, temperatureCelsius: 61 }],
    [
      'some of it',
      '[N/A], [Not Supported], 48',
      { utilization: null, powerWatts: null, temperatureCelsius: 48 },
    ],
    [
      'errors',
      'ERR!, [Unknown Error], ERR!',
      { utilization: null, powerWatts: null, temperatureCelsius: null },
    ],
    ['none of the columns', null, { utilization: null, powerWatts: null, temperatureCelsius: null }],
  ])('what a GPU does is read where it is told, and its memory whatever is told: %s', (_, told, activity) => {
    const row = (name: string) =>
      `0, GPU-1, [N/A], 100, ${told === null ? '' : `${told}, `}${name}, 24576, 1200\n`;
    const memory = { totalBytes: (24_576 - 100) * MiB, usedBytes: 1_200 * MiB };
    for (const name of ['NVIDIA L40S', 'Vendor, Model X, 2, 3, 4'])
      expect(parseGpus(row(name))).toEqual({
        gpus: [{ index: 0, uuid: 'GPU-1', name, sliced: false, ...memory, activity }],
        problems: [],
      });
  });

  test('a tool that is too old for what a GPU does is asked without it', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does(
      `case "$1" in *utilization.gpu*) echo 'Field "utilization.gpu" is not a valid field to query.'; exit 2;;
--query-gpu=*) echo '0, GPU-1, [N/A], 100, 212.40, 61, Old Card, 24576, 1200';; esac`,
    );
    const [gpu] = await createNvidiaProbe({ clock: systemClock, env: smi.env }).read();
    expect(gpu).toMatchObject({
      name: 'Old Card',
      usedBytes: 1_200 * MiB,
      activity: { utilization: null, powerWatts: 212.4, temperatureCelsius: 61 },
    });
  });

  test('may keep to itself what each process has', () => {
    expect([...parseProcesses(WINDOWS_PROCESSES)]).toEqual([]);
    expect(parseGpus(WINDOWS).gpus).toMatchObject([
      { totalBytes: (8192 - 205) * MiB, usedBytes: 1296 * MiB },
    ]);
  });

  test('names that hold commas or hide are read all the same', () => {
    const text = 'GPU-1, 7, /opt/a, b/run, 5\nGPU-1, 8, [Not Found], 300\nGPU-1, , x, 1\nnonsense\n';
    expect(parseProcesses(text).get('GPU-1')).toEqual([
      { pid: 7, name: '/opt/a, b/run', bytes: 5 * MiB },
      { pid: 8, name: null, bytes: 300 * MiB },
    ]);
    expect(parseGpus('3, GPU-1, [N/A], [N/A], Vendor, Model X, 100, 1').gpus[0]).toMatchObject({
      index: 3,
      name: 'Vendor, Model X',
    });
  });

  test('whatever it prints, the outcome is GPUs with memory', () => {
    const cell = fc.oneof(fc.constantFrom('0', 'GPU-1', 'Disabled', '[N/A]', '100', ''), fc.string());
    const text = fc
      .array(fc.array(cell, { maxLength: 7 }).map((cells) => cells.join(', ')))
      .map((rows) => rows.join('\n'));
    fc.assert(
      fc.property(text, (printed) => {
        parseProcesses(printed);
        parseSlices(printed);
        for (const gpu of parseGpus(printed).gpus) expect(gpu.totalBytes).toBeGreaterThan(0);
      }),
    );
  });

  test('too old for a field is asked without it, and not asked for it again', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does(`case "$1" in
*memory.reserved*) echo 'Field "memory.reserved" is not a valid field to query.'; exit 2;;
*mig.mode.current*) echo 'Field "mig.mode.current" is not a valid field to query.'; exit 2;;
--query-gpu=*) echo '${RTX_2080.trim()}';; esac`);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    expect(await probe.read()).toMatchObject([{ name: 'GeForce RTX 2080', totalBytes: 7979 * MiB }]);
    expect(await smi.runs()).toBe(4);
    await probe.read();
    expect(await smi.runs()).toBe(6);
  });

  test('too old for a field that every driver knows is a failure', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does(`echo 'Field "uuid" is not a valid field to query.'; exit 2`);
    const failure = await failureOf(createNvidiaProbe({ clock: systemClock, env: smi.env }).read());
    expect(failure.message).toContain('Field "uuid" is not a valid field');
  });

  test('telling of more or fewer GPUs than before is believed, and each keeps its key', async () => {
    await using smi = await fakeNvidiaSmi();
    const card = (index: number) => `${index}, GPU-${index}, [N/A], 0, Card, 24576, 10\n`;
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    for (const cards of [
      [0, 1, 2],
      [0, 2],
      [0, 1, 2, 3],
    ]) {
      await smi.answers(cards.map(card).join(''));
      const seen = (await probe.read()).map((gpu) => [gpu.index, gpu.key]);
      expect(seen).toEqual(cards.map((index) => [index, `GPU-${index}`]));
    }
  });

  test('that is not installed is named, with the other ways', async () => {
    await using smi = await fakeNvidiaSmi();
    const failure = await failureOf(createNvidiaProbe({ clock: systemClock, env: smi.env }).read());
    expect(failure.message).toMatch(/no nvidia-smi on the PATH.*probe: fixed.*probe: none/);
  });

  test('that fails is quoted', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does(
      'echo "Failed to initialize NVML: Driver/library version mismatch"; echo "NVML library version: 550.90"; exit 18',
    );
    const failure = await failureOf(createNvidiaProbe({ clock: systemClock, env: smi.env }).read());
    expect(failure.message).toContain('Failed to initialize NVML: Driver/library version mismatch');
    expect(failure.message).toContain('reboot');
  });

  test('that lists no GPU is a failure, not a host without memory', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers('');
    const failure = await failureOf(createNvidiaProbe({ clock: systemClock, env: smi.env }).read());
    expect(failure.message).toContain('probe: none');
  });

  test('that cannot list processes still tells the memory', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does(`case "$1" in --query-gpu=*) echo "${H100.gpus.trim()}";; *) echo no; exit 2;; esac`);
    const [gpu] = await createNvidiaProbe({ clock: systemClock, env: smi.env }).read();
    expect(gpu).toMatchObject({ usedBytes: 19818 * MiB, processes: [] });
  });

  test('that hangs is killed, and the next reading works', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does('exec sleep 600');
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env, timeoutMs: 300 });
    expect((await failureOf(probe.read())).message).toContain('hangs');
    await smi.answers(H100.gpus);
    await eventually(
      () => probe.read().catch(() => []),
      ({ length }) => length === 1,
    );
  });

  test('that hangs in a child of its own, which keeps its output open, is killed too', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does('sleep 3 & wait');
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env, timeoutMs: 300 });
    const failure = await failureOf(probe.read());
    expect(failure.noGpu).toBe(false);
    await smi.answers(L40S);
    const patient = createNvidiaProbe({ clock: systemClock, env: smi.env });
    expect(await patient.read()).toMatchObject([{ totalBytes: (46068 - 609) * MiB, usedBytes: 1235 * MiB }]);
  });

  test('runs one at a time, for all who ask', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(H100.gpus, H100.processes);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    await Promise.all([probe.read(), probe.read(), probe.read()]);
    expect(await smi.runs()).toBe(2);
  });

  test('is not asked who has the memory where only that is wanted', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(H100.gpus, H100.processes);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    expect(await probe.read('memory')).toMatchObject([{ usedBytes: 19818 * MiB, processes: [] }]);
    expect(await smi.runs()).toBe(1);
  });

  test('gives who wants everything a reading of its own beside one of the memory', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(H100.gpus, H100.processes);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    const [memory, [gpu], shared] = await Promise.all([
      probe.read('memory'),
      probe.read(),
      probe.read('memory'),
    ]);
    expect(gpu?.processes).toHaveLength(3);
    expect(shared).toBe(memory);
    expect(await smi.runs()).toBe(3);
  });

  test('is ended when the probe is stopped', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does('exec sleep 600');
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    const failure = failureOf(probe.read());
    await eventually(
      () => smi.runs(),
      (count) => count === 2,
    );
    await probe.stop();
    expect((await failure).message).toContain('stopped');
  });

  test('tells what the processes of this machine were started as', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(L40S, `${MASKED}, ${process.pid}, python, 100\n${MASKED}, 4194305, python, 100\n`);
    const [gpu] = await createNvidiaProbe({ clock: systemClock, env: smi.env }).read();
    const started = (await readFile(`/proc/${process.pid}/cmdline`, 'utf8')).split('\0')[0] ?? '';
    expect(gpu?.processes[0]?.command).toContain(started);
    expect(gpu?.processes[1]?.command).toBeNull();
  });
});
