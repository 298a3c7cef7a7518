import { describe, expect, test } from 'vitest';
import { type Clock, systemClock, VirtualClock } from '../../src/clock.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import { createAmdProbe } from '../../src/monitor/amd-probe.ts';
import { createAutoProbe } from '../../src/monitor/auto-probe.ts';
import { combineProbes } from '../../src/monitor/combined-probe.ts';
import { createFixedProbe } from '../../src/monitor/fixed-probe.ts';
import { GpuProbeError } from '../../src/monitor/gpu-probe-error.ts';
import { createLocalProbe } from '../../src/monitor/local-probe.ts';
import { createNvidiaProbe } from '../../src/monitor/nvidia-probe.ts';
import { createVirtualProbe } from '../../src/monitor/virtual-probe.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { httpServer } from '../backend/ollama/raw-server.ts';
import { eventually } from '../support/eventually.ts';
import { fakeAmdHost } from './fake-amd-host.ts';
import { type FakeNvidiaSmi, fakeNvidiaSmi } from './fake-nvidia-smi.ts';

const fixed = (...totals: readonly number[]) =>
  createFixedProbe({ gpus: totals.map((totalBytes, index) => ({ index, totalBytes })), clock: systemClock });

describe('GPUs from several sources', () => {
  test('are those that are named, by index', async () => {
    const [many, one] = [fixed(1 * GiB, 2 * GiB, 3 * GiB), fixed(10 * GiB)];
    const probe = combineProbes([
      { probe: many, index: 2 },
      { probe: one, index: 0 },
      { probe: many, index: null },
    ]);
    await probe.start();
    const gpus = await probe.read();
    expect(gpus.map((gpu) => [gpu.index, gpu.totalBytes / GiB])).toEqual([
      [0, 10],
      [1, 2],
      [2, 3],
    ]);
    await probe.stop();
  });

  test('that are not there are named with those that are', async () => {
    const probe = combineProbes([{ probe: fixed(GiB, GiB), index: 5 }]);
    await expect(probe.read()).rejects.toThrow(GpuProbeError);
    await expect(probe.read()).rejects.toThrow('There is no GPU 5: the fixed probe sees 0, 1.');
  });

  test('of a source that fails keep their last reading, beside those of the others, and say why', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(`1, GPU-1, [N/A], 0, NVIDIA L40S, 46068, 100\n`);
    const probe = combineProbes([
      { probe: fixed(GiB), index: null },
      { probe: createNvidiaProbe({ clock: systemClock, env: smi.env }), index: 1 },
    ]);
    const [, before] = await probe.read();
    expect(probe.problem).toBeNull();
    await smi.does('echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18');
    const [first, second] = await probe.read();
    expect(first?.sampledAt).toBeGreaterThanOrEqual(before?.sampledAt ?? Number.NaN);
    expect(second).toEqual(before);
    expect(probe.problem).toMatch(/version mismatch.*reboot/);
  });

  test('that are not there do not hide the others', async () => {
    const both = fixed(GiB, GiB);
    const probe = combineProbes([0, 5].map((index) => ({ probe: both, index })));
    expect((await probe.read()).map(({ index }) => index)).toEqual([0]);
    expect(probe.problem).toContain('There is no GPU 5: the fixed probe sees 0, 1.');
  });

  test('fail when every source does', async () => {
    await using smi = await fakeNvidiaSmi();
    const missing = createNvidiaProbe({ clock: systemClock, env: smi.env });
    const probe = combineProbes([{ probe: missing, index: 0 }]);
    await expect(probe.read()).rejects.toThrow(GpuProbeError);
  });
});

describe('the probe that finds out by itself', () => {
  const auto = (url: string, smi: FakeNvidiaSmi) =>
    createAutoProbe({
      url,
      clock: systemClock,
      local: [createNvidiaProbe({ clock: systemClock, env: smi.env, timeoutMs: 2_000 })],
      virtual: createVirtualProbe({ url, clock: systemClock }),
    });
  const card = `0, GPU-1, [N/A], 0, NVIDIA L40S, 46068, 100\n`;

  test('takes the virtual GPUs of a virtual Ollama, whatever this host has', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(card);
    await using ollama = await runVirtualOllama({ gpus: [{ totalBytes: 8 * GiB }] });
    const probe = auto(ollama.url, smi);
    expect((await probe.read()).map((gpu) => [gpu.source, gpu.totalBytes])).toEqual([['VIRTUAL', 8 * GiB]]);
    expect(await smi.runs()).toBe(0);
    await ollama.pause();
    await expect(probe.read()).rejects.toThrow(GpuProbeError);
    await ollama.resume();
    await probe.stop();
  });

  test('takes the NVIDIA GPUs of this host for another server, and says so when they fail later', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(card);
    await using server = await httpServer((_request, response) =>
      response.writeHead(404).end('404 page not found'),
    );
    const probe = auto(server.url, smi);
    expect((await probe.read()).map((gpu) => [gpu.source, gpu.totalBytes])).toEqual([
      ['DRIVER', 46068 * MiB],
    ]);
    await smi.remove();
    await expect(probe.read()).rejects.toThrow(GpuProbeError);
    await probe.stop();
  });

  test('takes the AMD GPUs of this host where there is no nvidia-smi', async () => {
    await using smi = await fakeNvidiaSmi();
    await using host = await fakeAmdHost();
    await host.device('card0', { vendor: '0x1002', mem_info_vram_total: 16 * GiB });
    await using server = await httpServer((_request, response) => response.writeHead(404).end());
    const probe = createAutoProbe({
      url: server.url,
      clock: systemClock,
      local: [
        createNvidiaProbe({ clock: systemClock, env: smi.env }),
        createAmdProbe({ clock: systemClock, root: host.root }),
      ],
      virtual: createVirtualProbe({ url: server.url, clock: systemClock }),
    });
    expect((await probe.read()).map((gpu) => gpu.totalBytes)).toEqual([16 * GiB]);
    await probe.stop();
  });

  test.each([
    ['hangs', 'exec sleep 600', 'did not answer'],
    [
      'is not ready, as at boot',
      'echo "NVIDIA-SMI has failed because it couldn\'t communicate with the NVIDIA driver."; exit 9',
      'not yet',
    ],
    [
      'is of another version',
      'echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18',
      'reboot',
    ],
    ['crashes', 'kill -SEGV $$', 'SIGSEGV'],
    ['says nothing that is understood', 'echo hello', 'hello'],
  ])('does not take a driver that %s for no GPU, and finds its cards later', async (_case, script, says) => {
    await using smi = await fakeNvidiaSmi();
    await smi.does(script);
    await using server = await httpServer((_request, response) => response.writeHead(404).end());
    const probe = auto(server.url, smi);
    await expect(probe.read()).rejects.toThrow(says);
    await smi.answers(card);
    await eventually(
      () => probe.read().then((gpus) => gpus.length, String),
      (seen) => seen === 1,
    );
    await probe.stop();
  });

  test('takes the cards of the next kind while the first fails, says so, and asks the first again', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.does('exit 9');
    const nvidia = createNvidiaProbe({ clock: systemClock, env: smi.env });
    const probe = createLocalProbe([nvidia, fixed(8 * GiB)], systemClock);
    expect((await probe.read()).map(({ totalBytes }) => totalBytes)).toEqual([8 * GiB]);
    expect(probe.problem).toMatch(/exit code 9/);
    await smi.answers(card);
    expect((await probe.read()).map(({ key }) => key)).toEqual(['GPU-1']);
    expect(probe.problem).toBeNull();
  });

  test('finds none where there is none, and looks again after a while', async () => {
    await using smi = await fakeNvidiaSmi();
    await using server = await httpServer((_request, response) => response.writeHead(404).end());
    const timers = new VirtualClock();
    const clock: Clock = { ...systemClock, monotonic: () => timers.monotonic() };
    const nvidia = createNvidiaProbe({ clock: systemClock, env: smi.env });
    const virtual = createVirtualProbe({ url: server.url, clock });
    const probe = createAutoProbe({ url: server.url, clock, local: [nvidia], virtual });
    expect(await probe.read()).toEqual([]);
    await smi.answers(card);
    expect(await probe.read()).toEqual([]);
    timers.advance(30_000);
    expect(await probe.read()).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
    await probe.stop();
  });

  test('cannot tell what a server has that is in trouble', async () => {
    let status = 503;
    await using server = await httpServer((_request, response) => response.writeHead(status).end());
    const virtual = createVirtualProbe({ url: server.url, clock: systemClock });
    const probe = createAutoProbe({ url: server.url, clock: systemClock, local: [], virtual });
    await expect(probe.read()).rejects.toThrow('503');
    status = 404;
    expect(await probe.read()).toEqual([]);
    await probe.stop();
  });

  test('cannot tell while nothing answers, and finds out when it does', async () => {
    await using smi = await fakeNvidiaSmi();
    await smi.answers(card);
    await using ollama = await runVirtualOllama();
    await ollama.pause();
    const probe = auto(ollama.url, smi);
    await expect(probe.read()).rejects.toThrow(GpuProbeError);
    await ollama.resume();
    expect((await probe.read()).map((gpu) => gpu.source)).toEqual(['VIRTUAL']);
    await probe.stop();
  });

  test('leaves the GPUs of this host alone for a server elsewhere', async () => {
    await using server = await httpServer((_request, response) =>
      response.writeHead(404).end('404 page not found'),
    );
    const virtual = createVirtualProbe({ url: server.url, clock: systemClock });
    const probe = createAutoProbe({ url: server.url, clock: systemClock, local: [], virtual });
    expect(await probe.read()).toEqual([]);
    await probe.stop();
  });
});
