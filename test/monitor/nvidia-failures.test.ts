/** What nvidia-smi prints and ends with where something is wrong, and what that is taken for. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { MiB } from '../../src/domain/units.ts';
import { GpuProbeError } from '../../src/monitor/gpu-probe-error.ts';
import { parseGpus } from '../../src/monitor/nvidia-output.ts';
import { createNvidiaProbe } from '../../src/monitor/nvidia-probe.ts';
import { fakeAmdHost } from './fake-amd-host.ts';
import { type FakeNvidiaSmi, fakeNvidiaSmi } from './fake-nvidia-smi.ts';

const row = (index: number) => `${index}, GPU-${index}, [N/A], 609, NVIDIA L40S, 46068, 1235`;
const LOST =
  'Unable to determine the device handle for GPU0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU';

async function failureOf(promise: Promise<unknown>): Promise<GpuProbeError> {
  const outcome = await promise.then(
    () => new Error('It succeeded.'),
    (error: unknown) => error,
  );
  if (outcome instanceof GpuProbeError) return outcome;
  throw outcome;
}

/** A host whose bus shows what a test puts there; nothing at first. */
async function readOn(smi: FakeNvidiaSmi, root: string) {
  const probe = createNvidiaProbe({ clock: systemClock, env: smi.env, root });
  return { probe, outcome: await probe.read().catch((error: unknown) => error) };
}

describe('nvidia-smi that shows no GPU', () => {
  test.each([
    [
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.",
      9,
      /not yet.*dmesg/,
    ],
    ['Failed to initialize NVML: Driver/library version mismatch', 18, /reboot/],
    ['Failed to initialize NVML: Driver/library version mismatch', 1, /reboot/],
    ['Failed to initialize NVML: Insufficient Permissions', 4, /\/dev\/nvidia/],
    ["NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", 12, /library/],
    [LOST, 15, /GPU0000:02:00\.0.*dmesg/],
    ['Unable to determine the device handle for GPU 0000:0B:00.0: Unknown Error', 255, /0000:0B:00\.0/],
    ['WARNING: something else\nFailed to initialize NVML: Unknown Error', 255, /exit code 255/],
    ['', 0, /says nothing else/],
    ['', 2, /Install/],
    ['', 3, /exit code 3/],
    ['', 4, /\/dev\/nvidia/],
    ['', 6, /exit code 6/],
    ['', 8, /power cables/],
    ['', 9, /driver/],
    ['', 10, /interrupt/],
    ['', 12, /libnvidia-ml/],
    ['', 13, /Install/],
    ['', 14, /exit code 14/],
    ['', 15, /fallen off/],
    ['', 127, /script/],
    ['', 255, /exit code 255/],
    ['', 77, /exit code 77/],
    ['hello', 0, /hello/],
    ['Segmentation fault', 139, /Segmentation fault/],
    ['0, GPU-1, Disabled, 0, NVIDIA L40S, 46', 0, /cannot read a GPU: "0, GPU-1/],
    ['0, GPU-1, Disabled, 0, x, many, 1', 0, /many/],
    ['0, GPU-1, Disabled, 0, x, ERR!, ERR!', 0, /ERR!/],
    ['a, GPU-1, Disabled, 0, x, 100, 1', 0, /not understood/],
    ['0, GPU-1, [N/A], [N/A], NVIDIA GB10, [N/A], [N/A]', 0, /unified memory.*probe: fixed/],
    ['0, GPU-1, [N/A], [N/A], Orin (nvgpu), [Not Supported], [N/A]', 0, /unified memory.*probe: fixed/],
    ['0, GPU-1, [N/A], [N/A], NVIDIA A100, [Insufficient Permissions], [Insufficient Permissions]', 0, /MIG/],
  ])('saying "%s" with exit code %i has failed, and says what to do', async (said, code, advice) => {
    await using smi = await fakeNvidiaSmi();
    await using host = await fakeAmdHost();
    await writeFile(join(smi.folder, 'said'), said);
    for (const stream of ['', '>&2']) {
      await smi.does(`cat '${smi.folder}/said' ${stream}\nexit ${code}`);
      const { outcome } = await readOn(smi, host.root);
      expect(outcome).toMatchObject({ code: 'GPU_PROBE_FAILED', noGpu: false });
      expect(String(outcome)).toMatch(advice);
    }
  });

  test.each([
    ['No devices were found', 6],
    ['No devices were found', 0],
    ['WARNING: something else\nNo devices were found', 6],
  ])('saying "%s" with exit code %i tells of none, unless the bus shows one', async (said, code) => {
    await using smi = await fakeNvidiaSmi();
    await using host = await fakeAmdHost();
    await smi.does(`echo '${said}'; exit ${code}`);
    const device = (address: string, vendor: string, kind: string) =>
      Promise.all([
        host.write(`/sys/bus/pci/devices/${address}/vendor`, vendor),
        host.write(`/sys/bus/pci/devices/${address}/class`, kind),
      ]);
    await device('0000:00:02.0', '0x8086', '0x030000');
    await device('0000:01:00.1', '0x10de', '0x040300');
    expect((await readOn(smi, host.root)).outcome).toMatchObject({ noGpu: true });
    await device('0000:01:00.0', '0x10de', '0x030000');
    expect((await readOn(smi, host.root)).outcome).toMatchObject({ noGpu: false });
  });

  test('that is not there tells of none', async () => {
    await using smi = await fakeNvidiaSmi();
    const failure = await failureOf(createNvidiaProbe({ clock: systemClock, env: smi.env }).read());
    expect(failure.noGpu).toBe(true);
  });

  test.each([
    ['may not be executed', '#!/bin/sh\nexit 0\n', 0o644],
    ['has an interpreter that is not there', '#!/no/such/shell\nexit 0\n', 0o755],
    ['is a program for another machine', '\x7fELF garbage', 0o755],
    ['is empty of all but noise', '\0\0\0\0', 0o755],
  ])('that %s is there, and has failed', async (_case, content, mode) => {
    await using smi = await fakeNvidiaSmi();
    const path = join(smi.folder, 'nvidia-smi');
    await writeFile(path, content);
    await chmod(path, mode);
    const failure = await failureOf(
      createNvidiaProbe({ clock: systemClock, env: { PATH: smi.folder } }).read(),
    );
    expect(failure.noGpu).toBe(false);
    expect(failure.message).toMatch(/Check|Run/);
  });

  test('that is a folder, or stands behind a file in the PATH, is not there', async () => {
    await using smi = await fakeNvidiaSmi();
    await writeFile(join(smi.folder, 'file'), '');
    const env = { PATH: join(smi.folder, 'file') };
    const failure = await failureOf(createNvidiaProbe({ clock: systemClock, env }).read());
    expect(failure.noGpu).toBe(true);
    await mkdir(join(smi.folder, 'nvidia-smi'));
    const folder = await failureOf(
      createNvidiaProbe({ clock: systemClock, env: { PATH: smi.folder } }).read(),
    );
    expect(folder.noGpu).toBe(false);
  });
});

describe('nvidia-smi with noise around its rows', () => {
  test.each([
    ['warnings before', `WARNING: infoROM is corrupted at gpu 0000:01:00.0\n${row(0)}\n${row(1)}\n`],
    ['warnings after', `${row(0)}\n${row(1)}\nWARNING: infoROM is corrupted at gpu 0000:01:00.0\n`],
    ['blank lines', `\n\n${row(0)}\n   \n\t\n${row(1)}\n\n`],
    ['line ends of Windows', `${row(0)}\r\n${row(1)}\r\n`],
    [
      'a heading',
      `index, uuid, mig.mode.current, memory.reserved [MiB], name, memory.total [MiB], memory.used [MiB]\n${row(0)}\n${row(1)}\n`,
    ],
    ['its rows twice', `${row(0)}\n${row(1)}\n${row(0)}\n${row(1)}\n`],
    ['units', `${row(0)} MiB\n1, GPU-1, [N/A], 609 MiB, NVIDIA L40S, 46068 MiB, 1235 MiB\n`],
    ['a message in another language', `Warnung: Gerät läuft heiß, 3, 4, 5, 6, 7, 8\n${row(0)}\n${row(1)}\n`],
  ])('tells of its GPUs all the same: %s', (_case, printed) => {
    const { gpus, problems } = parseGpus(printed);
    expect(
      gpus.map(({ index, totalBytes, usedBytes }) => [index, totalBytes / MiB, (usedBytes ?? 0) / MiB]),
    ).toEqual([
      [0, 46068 - 609, 1235],
      [1, 46068 - 609, 1235],
    ]);
    expect(problems).toEqual([]);
  });

  test('of any kind loses no row and adds none', () => {
    const noise = fc
      .string({ unit: 'grapheme' })
      .map((text) => text.replace(/[\n\r]/g, ' '))
      .filter((text) => !/^\s*(\d|\[|ERR)/.test(text));
    const indexes = fc.uniqueArray(fc.nat(20), { maxLength: 6 });
    fc.assert(
      fc.property(
        indexes,
        fc.array(noise, { maxLength: 8 }),
        fc.infiniteStream(fc.boolean()),
        (rows, lines, which) => {
          const [left, noises] = [[...rows], [...lines]];
          const printed: string[] = [];
          while (left.length + noises.length > 0) {
            const takeRow = noises.length === 0 || (left.length > 0 && which.next().value);
            printed.push(takeRow ? row(left.shift() ?? 0) : (noises.shift() ?? ''));
          }
          expect(parseGpus(printed.join('\n')).gpus.map(({ index }) => index)).toEqual(rows);
        },
      ),
    );
  });

  test('whose GPUs answer although the tool ends with a warning is believed', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does(`case "$1" in --query-gpu=*) echo '${row(0)}'; exit 14;; esac`);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    expect(await probe.read()).toHaveLength(1);
    expect(probe.problem).toBeNull();
  });
});

describe('a GPU that is lost or broken', () => {
  test.each([
    ['is named in place of its row', LOST],
    ['has errors for figures', '1, GPU-1, [N/A], 609, NVIDIA L40S, ERR!, ERR!'],
    ['tells its size and no use', '1, GPU-1, [N/A], 609, NVIDIA L40S, 46068, [Unknown Error]'],
    [
      'needs a reset',
      '1, GPU-1, [N/A], [GPU requires reset], NVIDIA L40S, [GPU requires reset], [GPU requires reset]',
    ],
    ['says in each column that it is lost', Array(7).fill('[GPU is lost]').join(', ')],
    ['has no memory', '1, GPU-1, [N/A], 0, NVIDIA L40S, 0, 0'],
    ['has a row that was cut off', '1, GPU-1, [N/A], 6'],
    ['has a row that was cut off early', '1, GP'],
  ])('is told of, and the others are read: it %s', async (_case, line) => {
    await using smi = await fakeNvidiaSmi();
    await writeFile(join(smi.folder, 'gpus'), `${row(0)}\n${line}\n${row(2)}\n`);
    for (const code of [0, 15]) {
      await smi.does(`case "$1" in --query-gpu=*) cat '${smi.folder}/gpus'; exit ${code};; esac`);
      const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
      expect((await probe.read()).map(({ key }) => key)).toEqual(['GPU-0', 'GPU-2']);
      expect(probe.problem).toContain(line.slice(0, 40));
      expect(probe.problem).toMatch(/No model is loaded onto it.*dmesg/);
    }
    await smi.answers(`${row(0)}\n${row(2)}\n`);
    const mended = createNvidiaProbe({ clock: systemClock, env: smi.env });
    await mended.read();
    expect(mended.problem).toBeNull();
  });

  test('silences the tool, which then is asked for each of the others', async () => {
    await using smi = await fakeNvidiaSmi();
    const each = [0, 2, 3].map((index) => `*--id=${index}) echo '${row(index)}';;`).join('\n');
    await smi.does(`case "$*" in ${each}
*--id=1|*nounits) case "$1" in --query-gpu=*) echo '${LOST}'; exit 15;; esac;;
*) echo 'No devices were found'; exit 6;; esac`);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    expect((await probe.read()).map(({ key }) => key)).toEqual(['GPU-0', 'GPU-2', 'GPU-3']);
    expect(probe.problem).toContain('GPU0000:02:00.0');
    expect(await smi.runs()).toBeLessThan(12);
  });

  test('may be missing where the tool shows others and fails without a word', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does(`case "$1" in --query-gpu=*) echo '${row(0)}'; exit 255;; esac`);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    expect(await probe.read()).toHaveLength(1);
    expect(probe.problem).toMatch(/exit code 255.*others may be missing/);
  });

  test('of unified memory is said so beside one that has its own', () => {
    const { gpus, problems } = parseGpus(`${row(0)}\n1, GPU-1, [N/A], [N/A], NVIDIA GB10, [N/A], [N/A]\n`);
    expect(gpus.map(({ index }) => index)).toEqual([0]);
    expect(problems).toEqual([
      expect.stringMatching(/GPU 1 \(NVIDIA GB10\) has unified memory.*probe: fixed/),
    ]);
  });
});
