/** What every GPU probe promises, whatever it reads from. */
import { describe, expect, test } from 'vitest';
import type { GpuProbe } from '../../src/domain/gpu.ts';
import { GpuProbeError } from '../../src/monitor/gpu-probe-error.ts';

export interface ProbeWorld extends AsyncDisposable {
  readonly probe: GpuProbe;
  /** Bytes in all of each GPU, by index. */
  readonly totals: readonly number[];
  /** Makes every following reading fail; null for a probe that cannot fail. */
  readonly breakIt: (() => Promise<void>) | null;
  readonly mendIt: () => Promise<void>;
}

export function gpuProbeContract(name: string, makeWorld: () => Promise<ProbeWorld>): void {
  describe(`the ${name} probe`, () => {
    test('reads every GPU with its total, and what is in use where it can tell', async () => {
      await using world = await makeWorld();
      await world.probe.start();
      const gpus = await world.probe.read();
      expect(gpus.map((gpu) => [gpu.index, gpu.totalBytes])).toEqual([...world.totals.entries()]);
      for (const gpu of gpus) {
        expect(gpu.name).not.toBe('');
        expect(gpu.usedBytes ?? 0).toBeLessThanOrEqual(gpu.totalBytes);
        expect(gpu.usedBytes ?? 0).toBeGreaterThanOrEqual(0);
      }
      await world.probe.stop();
    });

    test('dates a reading to when it began, less what its source lags', async () => {
      await using world = await makeWorld();
      await world.probe.start();
      // The first reading may have to find out what there is.
      await world.probe.read();
      const { lagMs } = world.probe;
      const [before, reading, after] = [Date.now(), world.probe.read(), Date.now()];
      for (const gpu of await reading) {
        expect(gpu.sampledAt).toBeGreaterThanOrEqual(before - lagMs);
        expect(gpu.sampledAt).toBeLessThanOrEqual(after - lagMs);
      }
      await world.probe.stop();
    });

    test('gives each GPU a key of its own that stays', async () => {
      await using world = await makeWorld();
      await world.probe.start();
      const first = (await world.probe.read()).map((gpu) => gpu.key);
      expect(new Set(first).size).toBe(world.totals.length);
      expect((await world.probe.read()).map((gpu) => gpu.key)).toEqual(first);
      await world.probe.stop();
    });

    test('bears readers at the same time', async () => {
      await using world = await makeWorld();
      await world.probe.start();
      const readings = await Promise.all([world.probe.read(), world.probe.read(), world.probe.read()]);
      for (const gpus of readings) expect(gpus).toHaveLength(world.totals.length);
      await world.probe.stop();
    });

    test('says what to do when it cannot read, and reads again when it can', async () => {
      await using world = await makeWorld();
      await world.probe.start();
      if (world.breakIt) {
        await world.breakIt();
        const failure = await world.probe.read().catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(GpuProbeError);
        expect((failure as GpuProbeError).message).toMatch(/Check|Run|Set|Install|Look/);
        await world.mendIt();
      }
      expect(await world.probe.read()).toHaveLength(world.totals.length);
      await world.probe.stop();
    });

    test('is started and stopped twice without harm', async () => {
      await using world = await makeWorld();
      await world.probe.start();
      await world.probe.start();
      await world.probe.stop();
      await world.probe.stop();
    });
  });
}
