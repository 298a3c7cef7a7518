import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Clock, SteadyClock, systemClock, VirtualClock } from '../../src/clock.ts';
import { MiB } from '../../src/domain/units.ts';
import { parseSample } from '../../src/monitor/nvidia-output.ts';
import { createNvidiaProbe } from '../../src/monitor/nvidia-probe.ts';
import { eventually } from '../support/eventually.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { type FakeNvidiaSmi, fakeNvidiaSmi } from './fake-nvidia-smi.ts';

const [A, B] = ['GPU-aaaaaaaa-0000-0000-0000-000000000000', 'GPU-bbbbbbbb-0000-0000-0000-000000000000'];
const TWO = `0, ${A}, [N/A], 609, NVIDIA L40S, 46068, 1235\n1, ${B}, [N/A], 609, NVIDIA L40S, 46068, 0\n`;
/** What `date` prints in the format of nvidia-smi's times. */
const TIME = `$(date +'%Y/%m/%d %H:%M:%S.%3N')`;

/** A tool that tells of two cards, whose first has `used` MiB in use, and repeats itself when asked to. */
async function repeating(smi: FakeNvidiaSmi, time = TIME) {
  const used = join(smi.folder, 'used');
  // At once: a tool that finds the file empty prints a line that is none.
  const setUsed = async (mebibytes: number) => {
    await writeFile(`${used}.new`, String(mebibytes));
    await rename(`${used}.new`, used);
  };
  await setUsed(1235);
  await writeFile(join(smi.folder, 'gpus'), TWO);
  await smi.does(`case "$*" in
    *--loop-ms*) echo $$ > '${smi.folder}/pid'; while :; do
      echo "${time}, ${A}, $(cat '${used}')"; echo "${time}, ${B}, [N/A]"; sleep 0.01; done;;
    *--query-gpu*) cat '${smi.folder}/gpus';;
  esac`);
  const pid = async () => Number(await readFile(join(smi.folder, 'pid'), 'utf8'));
  const isRunning = async () => {
    const stat = await readFile(`/proc/${await pid()}/stat`, 'utf8').catch(() => '');
    return stat !== '' && !stat.includes(') Z ');
  };
  return { setUsed, pid, isRunning };
}

const mebibytes = (readings: readonly { readonly usedBytes: number | null }[]) =>
  readings.map(({ usedBytes }) => (usedBytes === null ? null : usedBytes / MiB));

describe('the memory alone', () => {
  test('is read from one tool that repeats itself, and never older than the question', async () => {
    await using smi = await fakeNvidiaSmi();
    const { setUsed } = await repeating(smi);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    const [whole] = await probe.read();
    const runs = await smi.runs();
    for (const used of [7, 8, 40_000]) {
      await setUsed(used);
      const askedAt = systemClock.now();
      const readings = await probe.read('memory');
      expect(mebibytes(readings)).toEqual([used, null]);
      expect(readings[0]).toMatchObject({ key: A, name: 'NVIDIA L40S', totalBytes: whole?.totalBytes });
      for (const { sampledAt } of readings) expect(sampledAt).toBeGreaterThan(askedAt);
    }
    expect(await smi.runs()).toBe(runs + 1);
    await probe.stop();
  });

  test('is still read when nobody asked for a while, and the tool does not run until then', async () => {
    await using smi = await fakeNvidiaSmi();
    const { isRunning } = await repeating(smi);
    const timers = new VirtualClock();
    const clock: Clock = { ...systemClock, after: (ms, callback) => timers.after(ms, callback) };
    const probe = createNvidiaProbe({ clock, env: smi.env });
    await probe.read();
    await probe.read('memory');
    expect(await isRunning()).toBe(true);
    timers.advance(60_000);
    await eventually(async () => !(await isRunning()));
    expect(mebibytes(await probe.read('memory'))).toEqual([1235, null]);
    await probe.stop();
  });

  test.each([-3_600, -30, 30, 8 * 86_400])('is read on when the clock is set by %s s', async (seconds) => {
    await using smi = await fakeNvidiaSmi();
    const by = join(smi.folder, 'by');
    const setTool = async (offset: number) => {
      await writeFile(`${by}.new`, `${offset} seconds`);
      await rename(`${by}.new`, by);
    };
    await setTool(0);
    const { setUsed } = await repeating(smi, `$(date -d "$(cat '${by}')" +'%Y/%m/%d %H:%M:%S.%3N')`);
    const wall = new SettableClock();
    const clock = new SteadyClock(wall);
    const probe = createNvidiaProbe({ clock, env: smi.env });
    await probe.read();
    await probe.read('memory');
    await setTool(seconds);
    wall.jump(seconds * 1_000);
    // One may still have the time of before.
    await probe.read('memory');
    for (const used of [7, 8]) {
      await setUsed(used);
      const askedAt = clock.now();
      const readings = await probe.read('memory');
      expect(mebibytes(readings)).toEqual([used, null]);
      for (const { sampledAt } of readings) expect(sampledAt - askedAt).toBeLessThan(20_000);
    }
    // A tool that is slow to write its line is asked once more: the line after it comes without.
    await eventually(async () => {
      const runs = await smi.runs();
      await probe.read('memory');
      return (await smi.runs()) === runs;
    });
    await probe.stop();
  });

  test('is read on after the tool that repeats itself was killed', async () => {
    await using smi = await fakeNvidiaSmi();
    const { setUsed, pid } = await repeating(smi);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    await probe.read();
    await probe.read('memory');
    const runs = await smi.runs();
    process.kill(await pid(), 'SIGKILL');
    await setUsed(9);
    // The question that was under way is answered by a single run, the next one by a new tool that repeats itself.
    await eventually(
      async () => mebibytes(await probe.read('memory'))[0],
      (mib) => mib === 9,
    );
    expect(await smi.runs()).toBeLessThanOrEqual(runs + 2);
    await probe.stop();
  });

  test('leaves no tool running when the probe is stopped', async () => {
    await using smi = await fakeNvidiaSmi();
    const { isRunning } = await repeating(smi);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    await probe.read();
    await probe.read('memory');
    await probe.stop();
    await eventually(async () => !(await isRunning()));
  });

  test.each([
    ['ends after one answer', 'exit 0'],
    ['knows no such option', 'echo "Invalid combination of input arguments."; exit 2'],
    ['tells another time', `while :; do echo "2001/01/01 00:00:00.000, ${A}, 1"; sleep 0.01; done`],
    ['tells no time', `while :; do echo "${A}, 1"; sleep 0.01; done`],
  ])('is read by single runs where the tool %s, which is tried once', async (_what, script) => {
    await using smi = await fakeNvidiaSmi();
    await writeFile(join(smi.folder, 'gpus'), TWO);
    await smi.does(`case "$*" in *--loop-ms*) ${script};; *--query-gpu*) cat '${smi.folder}/gpus';; esac`);
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env });
    await probe.read();
    const runs = await smi.runs();
    for (let i = 0; i < 3; i += 1) expect(mebibytes(await probe.read('memory'))).toEqual([1235, 0]);
    expect(await smi.runs()).toBe(runs + 1 + 3);
    await probe.stop();
  });

  test('of a tool that hangs is a failure, and the next reading works', async () => {
    await using smi = await fakeNvidiaSmi();
    await writeFile(join(smi.folder, 'gpus'), TWO);
    await smi.does(
      `case "$*" in *--loop-ms*) exec sleep 600;; *--query-gpu*) cat '${smi.folder}/gpus';; esac`,
    );
    const probe = createNvidiaProbe({ clock: systemClock, env: smi.env, timeoutMs: 300 });
    await probe.read();
    await expect(probe.read('memory')).rejects.toMatchObject({ code: 'GPU_PROBE_FAILED', noGpu: false });
    await eventually(
      () => probe.read().catch(() => []),
      ({ length }) => length === 2,
    );
    await probe.stop();
  });

  test('comes in lines with their time in UTC', () => {
    // The lines of `nvidia-smi --query-gpu=timestamp,uuid,memory.used --format=csv,noheader,nounits`, under TZ=UTC.
    expect(parseSample(`2024/10/27 02:30:00.045, ${A}, 1235`)).toEqual({
      uuid: A,
      usedBytes: 1235 * MiB,
      sampledAt: Date.parse('2024-10-27T02:30:00.045Z'),
    });
    expect(parseSample(`2024/10/27 02:30:00.045, ${A}, [Insufficient Permissions]`)?.usedBytes).toBeNull();
    for (const line of ['', 'No devices were found', `2024/10/27 02:30:00, ${A}, 1235`, `${A}, 1235`])
      expect(parseSample(line)).toBeNull();
  });
});
