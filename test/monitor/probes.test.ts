import { systemClock } from '../../src/clock.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import { createAmdProbe } from '../../src/monitor/amd-probe.ts';
import { createAutoProbe } from '../../src/monitor/auto-probe.ts';
import { combineProbes } from '../../src/monitor/combined-probe.ts';
import { createFixedProbe } from '../../src/monitor/fixed-probe.ts';
import { createNvidiaProbe } from '../../src/monitor/nvidia-probe.ts';
import { createPrometheusProbe } from '../../src/monitor/prometheus-probe.ts';
import { createVirtualProbe } from '../../src/monitor/virtual-probe.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { httpServer } from '../backend/ollama/raw-server.ts';
import { gpuProbeContract } from '../contract/gpu-probe-contract.ts';
import { dcgmMetrics, smiMetrics } from './exporter-metrics.ts';
import { fakeAmdHost } from './fake-amd-host.ts';
import { fakeNvidiaSmi } from './fake-nvidia-smi.ts';

const TOTALS = [24 * GiB, 8 * GiB];

gpuProbeContract('nvidia', async () => {
  const smi = await fakeNvidiaSmi();
  const rows = TOTALS.map(
    (total, index) => `${index}, GPU-${index}, [N/A], 0, Card ${index}, ${total / MiB}, ${100 * index}\n`,
  );
  const mendIt = () => smi.answers(rows.join(''));
  await mendIt();
  return {
    probe: createNvidiaProbe({ clock: systemClock, env: smi.env }),
    totals: TOTALS,
    breakIt: () => smi.remove(),
    mendIt,
    [Symbol.asyncDispose]: () => smi[Symbol.asyncDispose](),
  };
});

gpuProbeContract('amd', async () => {
  const host = await fakeAmdHost();
  const mendIt = async () => {
    for (const [index, total] of TOTALS.entries()) {
      await host.device(`card${index}`, {
        vendor: '0x1002',
        uevent: `PCI_SLOT_NAME=0000:0${index}:00.0`,
        mem_info_vram_total: total,
        mem_info_vram_used: index * MiB,
      });
    }
  };
  await mendIt();
  return {
    probe: createAmdProbe({ clock: systemClock, root: host.root }),
    totals: TOTALS,
    breakIt: () => host.remove('/sys/class/drm'),
    mendIt,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
});

const exporters = {
  'dcgm-exporter': dcgmMetrics(
    TOTALS.map((total, gpu) => ({ gpu, uuid: `GPU-${gpu}`, model: 'X', used: 5, free: total / MiB - 5 })),
  ),
  nvidia_gpu_exporter: smiMetrics(
    TOTALS.map((total, index) => ({ index, uuid: `${index}`, name: 'X', total: total / MiB, used: 5 })),
  ),
};

for (const [exporter, metrics] of Object.entries(exporters)) {
  gpuProbeContract(`prometheus (${exporter})`, async () => {
    let status = 200;
    const server = await httpServer((_request, response) => response.writeHead(status).end(metrics));
    return {
      probe: createPrometheusProbe({ url: `${server.url}/metrics`, clock: systemClock }),
      totals: TOTALS,
      breakIt: async () => {
        status = 500;
      },
      mendIt: async () => {
        status = 200;
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  });
}

gpuProbeContract('fixed', async () => ({
  probe: createFixedProbe({
    gpus: TOTALS.map((totalBytes, index) => ({ index, totalBytes })),
    clock: systemClock,
  }),
  totals: TOTALS,
  breakIt: null,
  mendIt: async () => {},
  [Symbol.asyncDispose]: async () => {},
}));

gpuProbeContract('virtual', async () => {
  const ollama = await runVirtualOllama({ gpus: TOTALS.map((totalBytes) => ({ totalBytes })) });
  return {
    probe: createVirtualProbe({ url: ollama.url, clock: systemClock }),
    totals: TOTALS,
    breakIt: () => ollama.pause(),
    mendIt: () => ollama.resume(),
    [Symbol.asyncDispose]: () => ollama.stop(),
  };
});

gpuProbeContract('auto', async () => {
  const ollama = await runVirtualOllama({ gpus: TOTALS.map((totalBytes) => ({ totalBytes })) });
  const virtual = createVirtualProbe({ url: ollama.url, clock: systemClock });
  return {
    probe: createAutoProbe({ url: ollama.url, local: [], virtual, clock: systemClock }),
    totals: TOTALS,
    breakIt: () => ollama.pause(),
    mendIt: () => ollama.resume(),
    [Symbol.asyncDispose]: () => ollama.stop(),
  };
});

gpuProbeContract('combined', async () => {
  const [total = 0, otherTotal = 0] = TOTALS;
  const servers = await Promise.all([
    runVirtualOllama({ gpus: [{ totalBytes: total }] }),
    runVirtualOllama({ gpus: [{ totalBytes: GiB }, { totalBytes: otherTotal }] }),
  ]);
  const each = (change: 'pause' | 'resume' | 'stop') => async () =>
    void (await Promise.all(servers.map((server) => server[change]())));
  return {
    probe: combineProbes(
      servers.map(({ url }, index) => ({ probe: createVirtualProbe({ url, clock: systemClock }), index })),
    ),
    totals: TOTALS,
    breakIt: each('pause'),
    mendIt: each('resume'),
    [Symbol.asyncDispose]: each('stop'),
  };
});
