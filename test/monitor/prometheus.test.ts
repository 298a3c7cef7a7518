import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { MiB } from '../../src/domain/units.ts';
import { gpusOf } from '../../src/monitor/exporter-gpus.ts';
import { GpuProbeError } from '../../src/monitor/gpu-probe-error.ts';
import { createPrometheusProbe } from '../../src/monitor/prometheus-probe.ts';
import { parseSamples } from '../../src/monitor/prometheus-text.ts';
import { deadUrl, httpServer, tcpServer } from '../backend/ollama/raw-server.ts';
import { dcgmMetrics, smiMetrics } from './exporter-metrics.ts';

async function failureOf(promise: Promise<unknown>): Promise<GpuProbeError> {
  const outcome = await promise.then(
    () => new Error('It succeeded.'),
    (error: unknown) => error,
  );
  if (outcome instanceof GpuProbeError) return outcome;
  throw outcome;
}

const gpus = (text: string) => gpusOf(parseSamples(text))?.gpus;
const short = (text: string) =>
  gpus(text)?.map((gpu) => [gpu.key, gpu.index, gpu.totalBytes / MiB, (gpu.usedBytes ?? -MiB) / MiB]);

describe("dcgm-exporter's metrics", () => {
  const A100 = { gpu: 0, uuid: 'GPU-34319582', model: 'NVIDIA A100-SXM4-40GB', used: 4845, free: 35690 };

  test('tell the memory of each GPU', () => {
    expect(gpus(dcgmMetrics([A100, { ...A100, gpu: 1, uuid: 'GPU-b', used: 0, free: 40535 }]))).toEqual([
      {
        key: 'GPU-34319582',
        index: 0,
        name: 'NVIDIA A100-SXM4-40GB',
        totalBytes: 40535 * MiB,
        usedBytes: 4845 * MiB,
        processes: [],
      },
      expect.objectContaining({ key: 'GPU-b', index: 1, totalBytes: 40535 * MiB, usedBytes: 0 }),
    ]);
  });

  test.each([
    ['used and free', { used: 19818, free: 61262 }, 81080, 19818],
    ['what is reserved too', { used: 19818, free: 61262, reserved: 479 }, 81080, 19818],
    ['the total, the reserved part in it', { total: 81559, used: 19818, reserved: 479 }, 81080, 19818],
    ['the total alone', { total: 81559 }, 81559, -1],
    ['the total and what is free', { total: 81559, free: 61741 }, 81559, 19818],
  ])('need not tell more than %s', (_what, told, total, used) => {
    const text = dcgmMetrics([{ gpu: 3, uuid: 'GPU-h', model: 'NVIDIA H100 80GB HBM3', ...told }]);
    expect(short(text)).toEqual([['GPU-h', 3, total, used]]);
  });

  test.each([
    [
      'tell what is used but not of how much',
      dcgmMetrics([{ gpu: 1, uuid: 'GPU-h', model: 'H100', used: 5 }]),
    ],
    ['know no figure', `DCGM_FI_DEV_FB_FREE{gpu="1",UUID="GPU-h",modelName="H100"} 9223372036854775794`],
    ['tell no memory', `DCGM_FI_DEV_GPU_TEMP{gpu="1",UUID="GPU-h",modelName="H100"} 41`],
  ])('that %s of one GPU tell so, and of the others all the same', (_what, text) => {
    const told = gpusOf(parseSamples(`${text}\n${dcgmMetrics([A100])}`));
    expect(told?.gpus.map(({ key }) => key)).toEqual([A100.uuid]);
    expect(told?.problems).toEqual([expect.stringMatching(/GPU 1 has.*DCGM_FI_DEV_FB_FREE.*probe: fixed/)]);
  });

  test('that tell the memory of no GPU are a failure', async () => {
    await using server = await httpServer((_request, response) =>
      response.end(dcgmMetrics([{ gpu: 0, uuid: 'GPU-h', model: 'H100', used: 5 }])),
    );
    const probe = createPrometheusProbe({ url: server.url, clock: systemClock });
    expect((await failureOf(probe.read())).message).toMatch(/GPU 0 has/);
    await probe.stop();
  });

  test('of a card in slices are those of its slices, numbered with the other cards', () => {
    const A30 = { gpu: 0, uuid: 'GPU-265c9814', model: 'NVIDIA A30', used: 3, free: 6012 };
    const slice = (id: number) => ({ ...A30, slice: { profile: '1g.6gb', id } });
    const text = dcgmMetrics([
      slice(3),
      slice(4),
      { gpu: 1, uuid: 'GPU-c', model: 'NVIDIA A30', used: 3, free: 24165 },
    ]);
    expect(gpus(text)?.map((gpu) => [gpu.key, gpu.name, gpu.totalBytes / MiB])).toEqual([
      ['GPU-265c9814/3', 'NVIDIA A30, MIG slice 3 (1g.6gb)', 6015],
      ['GPU-265c9814/4', 'NVIDIA A30, MIG slice 4 (1g.6gb)', 6015],
      ['GPU-c', 'NVIDIA A30', 24168],
    ]);
  });

  test('may be of the old names, with blanks for what is not known', () => {
    const text = `DCGM_FI_DEV_FB_USED{gpu="0", uuid="GPU-604ac76c",container="",namespace="",pod=""} 10
DCGM_FI_DEV_FB_FREE{gpu="0", uuid="GPU-604ac76c",container="",namespace="",pod=""} 90
DCGM_FI_DEV_FB_RESERVED{gpu="0", uuid="GPU-604ac76c",container="",namespace="",pod=""} 9223372036854775794
`;
    expect(gpus(text)).toEqual([
      {
        key: 'GPU-604ac76c',
        index: 0,
        name: 'GPU 0',
        totalBytes: 100 * MiB,
        usedBytes: 10 * MiB,
        processes: [],
      },
    ]);
  });
});

describe("nvidia_gpu_exporter's metrics", () => {
  const L40S = { index: 0, uuid: 'a', name: 'NVIDIA L40S', total: 46068, used: 1235, reserved: 609 };
  const H200 = {
    index: 1,
    uuid: 'b',
    name: 'NVIDIA H200',
    total: 143771,
    used: 32362,
    reserved: 614,
    mig: true,
  };

  test('tell the memory of each GPU without what the driver reserves, and who has it', () => {
    const processes = `nvidia_smi_compute_app_used_memory_bytes{pid="20037",process_name="C:\\\\x \\"y\\"\\\\ffmpeg.exe",uuid="a"} 5.64133888e+08
nvidia_smi_compute_app_used_memory_bytes{pid="?",process_name="z",uuid="a"} 1
nvidia_smi_compute_app_used_memory_bytes{pid="7",process_name="",uuid="b"} 9`;
    expect(gpus(smiMetrics([L40S, { ...H200, mig: false }], processes))).toEqual([
      {
        key: 'a',
        index: 0,
        name: 'NVIDIA L40S',
        totalBytes: (46068 - 609) * MiB,
        usedBytes: 1235 * MiB,
        processes: [{ pid: 20037, name: 'C:\\x "y"\\ffmpeg.exe', bytes: 564133888 }],
      },
      expect.objectContaining({ key: 'b', index: 1, processes: [{ pid: 7, name: null, bytes: 9 }] }),
    ]);
  });

  test('of a card in slices are those of its slices', () => {
    const slices = `nvidia_smi_mig_memory_total_bytes{gpu_instance_id="2",uuid="b"} 7.6235669504e+10
nvidia_smi_mig_memory_total_bytes{gpu_instance_id="7",uuid="b"} 1.9327352832e+10
nvidia_smi_mig_memory_used_bytes{gpu_instance_id="2",uuid="b"} 4.2883309544e+10
nvidia_smi_mig_memory_used_bytes{gpu_instance_id="7",uuid="b"} 9.74140845e+08
nvidia_smi_mig_memory_reserved_bytes{gpu_instance_id="2",uuid="b"} 3.81178347e+08
nvidia_smi_mig_memory_reserved_bytes{gpu_instance_id="7",uuid="b"} 9.6636764e+07
nvidia_smi_compute_app_used_memory_bytes{compute_instance_id="0",gpu_instance_id="7",pid="10291",process_name="/root/tools/memhog",uuid="b"} 2.690646016e+09`;
    expect(gpus(smiMetrics([H200], slices))).toMatchObject([
      { key: 'b/2', totalBytes: 76235669504 - 381178347, usedBytes: 42883309544, processes: [] },
      { key: 'b/7', totalBytes: 19327352832 - 96636764, usedBytes: 974140845, processes: [{ pid: 10291 }] },
    ]);
  });

  test('that do not tell of the slices tell of none: nobody can have the memory of the whole card', () => {
    const told = gpusOf(parseSamples(smiMetrics([H200])));
    expect(told?.gpus).toEqual([]);
    expect(told?.problems).toEqual([expect.stringMatching(/MIG is on for NVIDIA H200.*probe: fixed/)]);
  });

  test('of an exporter that cannot read its GPUs any more are not used', () => {
    expect(gpus(smiMetrics([L40S], 'nvidia_smi_last_collect_success 1'))).toHaveLength(1);
    expect(() => gpus(smiMetrics([L40S], 'nvidia_smi_last_collect_success 0'))).toThrow(
      /could not read its GPUs.*nvidia-smi/,
    );
  });

  test('that tell no total of a GPU, as of unified memory, say so', () => {
    const told = gpusOf(parseSamples(smiMetrics([{ index: 0, uuid: 'g', name: 'NVIDIA GB10' }])));
    expect(told).toMatchObject({ gpus: [], problems: [expect.stringMatching(/GPU 0 has/)] });
  });
});

describe('the text format', () => {
  test.each([
    ['a 1', { name: 'a', labels: {}, value: 1 }],
    ['a{} -1.5e3 1395066363000', { name: 'a', labels: {}, value: -1500 }],
    ['a { b = "c" , d="" , } .5', { name: 'a', labels: { b: 'c', d: '' }, value: 0.5 }],
    ['a:b_c{l="x\\\\y\\"z\\nq}"} 7 # {id="1"} 2', { name: 'a:b_c', labels: { l: 'x\\y"z\nq}' }, value: 7 }],
  ])('of "%s" is read', (line, sample) => {
    expect(parseSamples(`# HELP a b\n\n${line}\r\n`)).toEqual([sample]);
  });

  test.each([
    'a',
    'a{',
    'a{b} 1',
    'a{b="c} 1',
    'a{b="c"} x',
    'a NaN',
    'a +Inf',
    '{b="c"} 1',
    '1a 2',
    '<html>',
  ])('of "%s" is left out', (line) => {
    expect(parseSamples(`${line}\nok 1`)).toEqual([{ name: 'ok', labels: {}, value: 1 }]);
  });

  test('gives back every label and value that was written', () => {
    const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,9}$/).filter((text) => text !== '__proto__');
    const labels = fc.dictionary(name, fc.string({ unit: 'binary' }), { maxKeys: 5 });
    const escaped = (text: string) => text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
    // A negative zero is written without its sign.
    const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((figure) => figure + 0);
    fc.assert(
      fc.property(name, labels, value, (metric, wanted, figure) => {
        const written = Object.entries(wanted).map(([key, text]) => `${key}="${escaped(text)}"`);
        const found = parseSamples(`${metric}{${written.join(',')}} ${figure}`);
        expect(found).toEqual([{ name: metric, labels: { ...wanted }, value: figure }]);
      }),
    );
  });

  test('may be anything: the outcome is GPUs, none, or a GpuProbeError', () => {
    const word = fc.constantFrom(
      'DCGM_FI_DEV_FB_USED',
      'nvidia_smi_gpu_info',
      '{gpu="0",UUID="u"}',
      '{uuid="u"}',
      ' 1',
      '\n',
    );
    const text = fc.array(fc.oneof(word, fc.string())).map((words) => words.join(''));
    fc.assert(
      fc.property(text, (body) => {
        try {
          for (const gpu of gpus(body) ?? []) expect(gpu.totalBytes).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(GpuProbeError);
        }
      }),
    );
  });
});

describe('the prometheus probe', () => {
  const body = dcgmMetrics([{ gpu: 0, uuid: 'GPU-a', model: 'NVIDIA A30', used: 3, free: 6012 }]);

  test('asks once for a reading, at the address that it was given', async () => {
    await using server = await httpServer((_request, response) => response.end(body));
    const probe = createPrometheusProbe({ url: `${server.url}/gpu/metrics?name=x`, clock: systemClock });
    expect(await probe.read()).toMatchObject([{ key: 'GPU-a', source: 'PROMETHEUS' }]);
    expect(server.requests.map((request) => request.path)).toEqual(['/gpu/metrics?name=x']);
    await probe.stop();
  });

  test('takes the figures of an exporter that measures by itself for as old as they may be', async () => {
    await using dcgm = await httpServer((_request, response) => response.end(body));
    await using smi = await httpServer((_request, response) =>
      response.end(smiMetrics([{ index: 0, uuid: 'a', name: 'L40S', total: 46068, used: 1 }])),
    );
    const lags: readonly (readonly [string, number | undefined, number])[] = [
      [dcgm.url, undefined, 30_000],
      [dcgm.url, 1_000, 1_000],
      [smi.url, undefined, 0],
      [smi.url, 5_000, 5_000],
    ];
    for (const [url, given, expected] of lags) {
      const probe = createPrometheusProbe({ url, clock: systemClock, lagMs: given });
      const before = Date.now();
      const [gpu] = await probe.read();
      expect(probe.lagMs).toBe(expected);
      expect(gpu?.sampledAt).toBeGreaterThanOrEqual(before - expected);
      expect(gpu?.sampledAt).toBeLessThanOrEqual(Date.now() - expected);
      await probe.stop();
    }
  });

  test.each([
    ['an empty answer', '', /begins with "nothing".*dcgm-exporter/],
    ['a web page', '<!doctype html>\n<p>Welcome</p>', /begins with "<!doctype html>".*nvidia_gpu_exporter/],
    ['the metrics of something else', '# HELP up Up.\nup 1\n', /tells no GPU memory/],
    ['bytes', '\u0000\u0001\ufffd'.repeat(1000), /tells no GPU memory/],
  ])('says of %s what would be right', async (_what, answer, expected) => {
    await using server = await httpServer((_request, response) => response.end(answer));
    const probe = createPrometheusProbe({ url: `${server.url}/metrics`, clock: systemClock });
    expect((await failureOf(probe.read())).message).toMatch(expected);
    await probe.stop();
  });

  test('says that the exporter refuses', async () => {
    await using server = await httpServer((_request, response) =>
      response.writeHead(404).end('404 page not found'),
    );
    const probe = createPrometheusProbe({ url: `${server.url}/metrics`, clock: systemClock });
    expect((await failureOf(probe.read())).message).toMatch(/status 404.*Check that the exporter runs/);
    await probe.stop();
  });

  test('says that nothing listens', async () => {
    const probe = createPrometheusProbe({ url: await deadUrl(), clock: systemClock });
    expect((await failureOf(probe.read())).message).toMatch(/could not be read.*Check/);
    await probe.stop();
  });

  test('gives an exporter up that does not answer, or not to the end', async () => {
    await using silent = await tcpServer(() => {});
    await using slow = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nDCGM_FI_DEV_FB_USED{');
    });
    for (const { url } of [silent, slow]) {
      const probe = createPrometheusProbe({ url, clock: systemClock, timeoutMs: 200 });
      const failure = await failureOf(probe.read());
      expect(failure.noGpu).toBe(false);
      expect(failure.message).toContain('did not answer within 200 ms');
      await probe.stop();
    }
  });

  test('does not read without end', async () => {
    await using endless = await httpServer((_request, response) => {
      const write = () => {
        while (!response.destroyed && response.write('x 1\n'.repeat(50_000)));
      };
      response.on('drain', write);
      write();
    });
    const probe = createPrometheusProbe({ url: endless.url, clock: systemClock, timeoutMs: 20_000 });
    expect((await failureOf(probe.read())).message).toMatch(/could not be read/);
    await probe.stop();
  });
});
