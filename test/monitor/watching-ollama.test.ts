/** The monitor over sockets: a virtual Ollama, and probes that are combined. */

import { describe, expect, test } from 'vitest';
import { createOllamaBackend } from '../../src/backend/ollama/ollama-backend.ts';
import { systemClock } from '../../src/clock.ts';
import type { BackendObservation } from '../../src/domain/observation.ts';
import { combineProbes } from '../../src/monitor/combined-probe.ts';
import { createFixedProbe } from '../../src/monitor/fixed-probe.ts';
import { createMonitor } from '../../src/monitor/monitor.ts';
import { createVirtualProbe } from '../../src/monitor/virtual-probe.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';

describe('watching a virtual Ollama', () => {
  test('shows what is loaded, on which GPU, and notices it going and coming back', async () => {
    await using ollama = await runVirtualOllama({ speed: 50 });
    const backend = createOllamaBackend({ name: 'box', url: ollama.url, clock: systemClock });
    const latest: { observation?: BackendObservation } = {};
    const monitor = createMonitor({
      backends: [{ backend, probe: createVirtualProbe({ url: ollama.url, clock: systemClock }) }],
      clock: systemClock,
      intervalMs: 50,
      onReading: (_id, observation) => {
        latest.observation = observation;
      },
    });
    await monitor.start();
    await eventually(() => latest.observation?.health === 'HEALTHY');
    const load = await fetch(`${ollama.url}/api/generate`, {
      method: 'POST',
      body: '{"model":"smollm:360m"}',
    });
    expect(load.status).toBe(200);
    await monitor.poke(backend.id);
    expect(latest.observation?.residents?.map((resident) => resident.modelName)).toEqual(['smollm:360m']);
    const [gpu] = latest.observation?.gpus ?? [];
    expect(gpu?.usedBytes).toBeGreaterThanOrEqual(
      latest.observation?.residents?.[0]?.vramBytes ?? Number.NaN,
    );
    await ollama.pause();
    await monitor.poke(backend.id);
    expect(latest.observation).toMatchObject({
      health: 'UNREACHABLE',
      residents: null,
      gpus: null,
      version: '0.33.0',
    });
    expect(latest.observation?.probeProblem).toContain('virtual');
    await ollama.resume();
    await eventually(() => latest.observation?.health === 'HEALTHY');
    await monitor.stop();
    await backend.stop();
  });

  test('says how often its GPUs are read, and how much their source lags', async () => {
    await using ollama = await runVirtualOllama();
    const backend = createOllamaBackend({ name: 'box', url: ollama.url, clock: systemClock });
    const lagging = { ...createFixedProbe({ gpus: [], clock: systemClock }), lagMs: 30_000 };
    for (const [probe, expected] of [
      [createFixedProbe({ gpus: [], clock: systemClock }), 60_000],
      [lagging, 90_000],
      [combineProbes([{ probe: lagging, index: null }]), 90_000],
      [null, undefined],
    ] as const) {
      const seen: BackendObservation[] = [];
      const monitor = createMonitor({
        backends: [{ backend, probe }],
        clock: systemClock,
        intervalMs: 60_000,
        onReading: (_id, observation) => seen.push(observation),
      });
      await monitor.start();
      await monitor.poke(backend.id);
      expect(seen[0]?.gpuIntervalMs).toBe(expected);
      await monitor.stop();
    }
    await backend.stop();
  });

  test('calls a backend whose GPUs cannot be read degraded', async () => {
    await using ollama = await runVirtualOllama();
    await using other = await runVirtualOllama();
    const backend = createOllamaBackend({ name: 'box', url: ollama.url, clock: systemClock });
    const latest: { observation?: BackendObservation } = {};
    const monitor = createMonitor({
      backends: [{ backend, probe: createVirtualProbe({ url: other.url, clock: systemClock }) }],
      clock: systemClock,
      onReading: (_id, observation) => {
        latest.observation = observation;
      },
    });
    await other.pause();
    await monitor.start();
    await monitor.poke(backend.id);
    expect(latest.observation).toMatchObject({ health: 'DEGRADED', gpus: null, residents: [] });
    expect(latest.observation?.problem).toBe(latest.observation?.probeProblem);
    await monitor.stop();
    await backend.stop();
  });
});
