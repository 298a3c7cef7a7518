import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock, VirtualClock } from '../../src/clock.ts';
import { GiB, KiB, MiB } from '../../src/domain/units.ts';
import { createAmdProbe } from '../../src/monitor/amd-probe.ts';
import { parseFdinfo, pciAddress } from '../../src/monitor/amd-processes.ts';
import { GpuProbeError } from '../../src/monitor/gpu-probe-error.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeAmdHost, fakeAmdHost } from './fake-amd-host.ts';

/**
 * Figures as published: an RX 6800 XT beside the integrated GPU of a Ryzen (github.com/mudler/LocalAI, pull request 7761), an RX 7900 XT
 * (github.com/marimo-team/marimo, issue 9237), the fdinfo of a desktop program (github.com/Umio-Yasuno/amdgpu_top, issue 87). The names
 * of the files and what stands in them: docs.kernel.org/gpu/amdgpu/driver-misc.html and docs.kernel.org/gpu/drm-usage-stats.html.
 */
const RX_6800_XT = {
  vendor: '0x1002',
  device: '0x73bf',
  revision: '0xc1',
  unique_id: '9246aabbccddeeff',
  uevent: 'DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:73BF\nPCI_SLOT_NAME=0000:03:00.0',
  mem_info_vram_total: 17163091968,
  mem_info_vram_used: 692142080,
};
const RAPHAEL = {
  vendor: '0x1002',
  device: '0x164e',
  revision: '0xc6',
  uevent: 'DRIVER=amdgpu\nPCI_SLOT_NAME=0000:0e:00.0',
  mem_info_vram_total: 67108864,
  mem_info_vram_used: 26079232,
};
const RX_7900_XT = {
  vendor: '0x1002',
  device: '0x744c',
  revision: '0xcc',
  unique_id: '0000000000000000',
  uevent: 'DRIVER=amdgpu\nPCI_SLOT_NAME=0000:08:00.0',
  mem_info_vram_total: 21458059264,
  mem_info_vram_used: 27856896,
};
const DESKTOP_FDINFO = `pos:\t0
flags:\t02104002
mnt_id:\t24
ino:\t614
pasid:\t32784
drm-driver:\tamdgpu
drm-pdev:\t0000:08:00.0
drm-client-id:\t217
drm-memory-vram:\t2068 KiB
drm-memory-gtt: \t8192 KiB
drm-memory-cpu: \t0 KiB
drm-engine-gfx:\t107322799 ns`;

const read = (host: FakeAmdHost) => createAmdProbe({ clock: systemClock, root: host.root }).read();

describe('AMD cards', () => {
  test('are found with their memory, in the order of their places on the bus', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RX_7900_XT);
    await host.device('card2', RX_6800_XT);
    await host.device('card1', { vendor: '0x8086', mem_info_vram_total: 1 * GiB });
    await host.write('/sys/class/drm/card2-DP-1/status', 'connected');
    await host.write(
      '/usr/share/libdrm/amdgpu.ids',
      '# List\n1.0.0\n744C,\tC8,\tAMD Radeon RX 7900 XTX\n744C,\tCC,\tAMD Radeon RX 7900 XT',
    );
    expect(await read(host)).toMatchObject([
      {
        key: '9246aabbccddeeff',
        index: 0,
        name: 'AMD GPU 73BF',
        totalBytes: 17163091968,
        usedBytes: 692142080,
        source: 'DRIVER',
        processes: [],
      },
      { key: '0000:08:00.0', index: 1, name: 'AMD Radeon RX 7900 XT', totalBytes: 21458059264 },
    ]);
  });

  test('of servers tell their own name', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', { ...RX_6800_XT, product_name: 'AMD Instinct MI210' });
    expect((await read(host)).map((gpu) => gpu.name)).toEqual(['AMD Instinct MI210']);
  });

  test('that are integrated are left out beside others', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RAPHAEL);
    await host.device('card1', RX_6800_XT);
    expect((await read(host)).map((gpu) => gpu.totalBytes)).toEqual([17163091968]);
  });

  test('that are all integrated are refused with the other way', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RAPHAEL);
    await expect(read(host)).rejects.toThrow(/integrated.*probe: fixed/);
  });

  test('may keep to themselves how much is in use', async () => {
    await using host = await fakeAmdHost();
    const { mem_info_vram_used: _, ...silent } = RX_6800_XT;
    await host.device('card0', silent);
    expect(await read(host)).toMatchObject([{ usedBytes: null }]);
  });

  test.each([
    ['its use is no figure', { mem_info_vram_used: 'nonsense' }],
    ['its use is empty, as in a reset', { mem_info_vram_used: '' }],
    ['its size is no figure', { mem_info_vram_total: 'nonsense' }],
    ['its size is nothing', { mem_info_vram_total: 0 }],
  ])('are named, and do not hide the others, where %s', async (_case, files) => {
    await using host = await fakeAmdHost();
    await host.device('card0', RX_6800_XT);
    const other = { ...RX_6800_XT, unique_id: 'b', uevent: 'PCI_SLOT_NAME=0000:04:00.0' };
    await host.device('card1', { ...other, ...files });
    const probe = createAmdProbe({ clock: systemClock, root: host.root });
    expect((await probe.read()).map(({ key }) => key)).toEqual([RX_6800_XT.unique_id]);
    expect(probe.problem).toMatch(/0000:04:00\.0.*cannot be read.*dmesg/);
    await host.device('card1', other);
    expect(await probe.read()).toHaveLength(2);
    expect(probe.problem).toBeNull();
    await host.device('card0', { mem_info_vram_total: 'nonsense' });
    await host.device('card1', { mem_info_vram_total: 'nonsense' });
    await expect(probe.read()).rejects.toMatchObject({ noGpu: false });
  });

  test('whose folder cannot be read are no host without GPUs', async () => {
    await using host = await fakeAmdHost();
    // A file in place of the folder, as root may read whatever there is.
    await host.write('/sys/class/drm', 'x');
    await expect(read(host)).rejects.toMatchObject({ noGpu: true });
    await host.remove('/sys/class/drm');
    await symlink(join(host.root, '/sys/class/drm'), join(host.root, '/sys/class/drm'));
    await expect(read(host)).rejects.toMatchObject({ noGpu: false });
  });

  test('that share an id have keys of their own', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RX_6800_XT);
    await host.device('card1', { ...RX_6800_XT, uevent: 'PCI_SLOT_NAME=0000:04:00.0' });
    expect((await read(host)).map((gpu) => gpu.key)).toEqual([
      '9246aabbccddeeff',
      '9246aabbccddeeff/0000:04:00.0',
    ]);
  });

  test.each([
    ['there is no /sys/class/drm', async () => {}],
    ['its driver is another', (host: FakeAmdHost) => host.device('card0', { vendor: '0x10de' })],
    ['its driver tells no memory', (host: FakeAmdHost) => host.device('card0', { vendor: '0x1002' })],
  ])('are missing where %s', async (_case, prepare) => {
    await using host = await fakeAmdHost();
    await prepare(host);
    await expect(read(host)).rejects.toThrow(GpuProbeError);
    await expect(read(host)).rejects.toThrow(/no AMD card.*amdgpu.*probe: none/);
  });

  test('that do not answer are given up, and read again once they do', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RX_6800_XT);
    const used = '/sys/class/drm/card0/device/mem_info_vram_used';
    await host.remove(used);
    // A pipe that nobody writes to is read as long as a GPU that hangs.
    const pipe = join(host.root, used);
    await promisify(execFile)('mkfifo', [pipe]);
    const clock = new VirtualClock();
    const probe = createAmdProbe({ clock, root: host.root, timeoutMs: 1_000 });
    const readings = [probe.read(), probe.read()].map((one) => one.catch((error: unknown) => error));
    clock.advance(1_000);
    for (const failure of await Promise.all(readings)) {
      expect(failure).toBeInstanceOf(GpuProbeError);
      expect(failure).toMatchObject({ noGpu: false, message: expect.stringContaining('kernel log') });
    }
    await promisify(execFile)('sh', ['-c', `echo 5 > '${pipe}'`]);
    await host.remove(used);
    await host.device('card0', { mem_info_vram_used: 7 });
    await eventually(
      async () => (await probe.read())[0]?.usedBytes,
      (bytes) => bytes === 7,
    );
  });
});

describe('what processes have of AMD cards', () => {
  const rocm = { id: 51545, location: 0x300 };

  test('is told of ROCm programs by the compute driver, whoever runs them', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RX_6800_XT);
    await host.compute(0, { id: 0, location: 0 }, {});
    await host.compute(1, rocm, { 4242: 5 * GiB, 4243: 0 });
    await host.process(4242, '/usr/local/lib/ollama/llama-server', {});
    expect((await read(host))[0]?.processes).toMatchObject([
      { pid: 4242, name: '/usr/local/lib/ollama/llama-server', bytes: 5 * GiB },
    ]);
  });

  test('is told of any program by the DRM files that it has open', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RX_7900_XT);
    await host.device('card1', RX_6800_XT);
    const dri = { target: '/dev/dri/renderD128', fdinfo: DESKTOP_FDINFO };
    await host.process(2217, '/usr/bin/kwin_wayland', {
      5: { target: '/tmp/x', fdinfo: DESKTOP_FDINFO },
      99: dri,
      100: dri,
    });
    await host.process(2218, '/usr/bin/other', {
      7: { ...dri, fdinfo: DESKTOP_FDINFO.replace('217', '218') },
    });
    await host.process(2219, '/usr/bin/none', {});
    const [first, second] = await read(host);
    expect(first?.processes).toEqual([]);
    expect(second?.processes).toMatchObject([
      { pid: 2217, name: '/usr/bin/kwin_wayland', bytes: 2068 * KiB },
      { pid: 2218, name: '/usr/bin/other', bytes: 2068 * KiB },
    ]);
  });

  test('counts once where both tell of it', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RX_6800_XT);
    await host.compute(1, rocm, { 4242: 5 * GiB });
    const fdinfo =
      'drm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\ndrm-client-id:\t9\ndrm-memory-vram:\t5121 MiB';
    await host.process(4242, 'ollama', { 7: { target: '/dev/dri/renderD128', fdinfo } });
    expect((await read(host))[0]?.processes).toMatchObject([
      { pid: 4242, name: 'ollama', bytes: 5121 * MiB },
    ]);
  });

  test('is read anew each time, and of a process that opens a card later within ten seconds', async () => {
    await using host = await fakeAmdHost();
    await host.device('card0', RX_7900_XT);
    await host.process(1, 'early', { 3: { target: '/dev/dri/card0', fdinfo: DESKTOP_FDINFO } });
    await host.process(2, 'late', {});
    const clock = new VirtualClock();
    const probe = createAmdProbe({ clock, root: host.root });
    const bytes = async () =>
      (await probe.read())[0]?.processes.map((process) => [process.pid, process.bytes]);
    expect(await bytes()).toEqual([[1, 2068 * KiB]]);
    await host.write('/proc/1/fdinfo/3', DESKTOP_FDINFO.replace('2068', '3000'));
    await host.process(2, 'late', {
      3: { target: '/dev/dri/card0', fdinfo: DESKTOP_FDINFO.replace('217', '8') },
    });
    expect(await bytes()).toEqual([[1, 3000 * KiB]]);
    clock.advance(10_000);
    expect(await bytes()).toEqual([
      [1, 3000 * KiB],
      [2, 2068 * KiB],
    ]);
    await host.remove('/proc/1');
    expect(await bytes()).toEqual([[2, 2068 * KiB]]);
  });
});

describe('the fdinfo of a DRM file', () => {
  const told = (line: string) => parseFdinfo(`drm-driver: amdgpu\ndrm-pdev: 0000:03:00.0\n${line}`)?.bytes;

  test.each([
    ['drm-memory-vram: 10 KiB', 10 * KiB],
    ['drm-memory-vram:\t10 MiB', 10 * MiB],
    ['drm-total-vram: 4096', 4096],
    ['drm-total-vram: 9 MiB\ndrm-memory-vram: 8 MiB\ndrm-resident-vram: 7 MiB', 7 * MiB],
  ])('with "%s" is read', (line, bytes) => {
    expect(told(line)).toBe(bytes);
  });

  test.each(['drm-memory-vram: 1 furlong', 'drm-memory-vram: -1 KiB', 'drm-memory-vram:', ''])(
    'with "%s" tells nothing',
    (line) => {
      expect(told(line)).toBeUndefined();
    },
  );

  test('of another driver is not ours', () => {
    expect(parseFdinfo(DESKTOP_FDINFO.replace('amdgpu', 'i915'))).toBeNull();
  });

  test('may hold anything', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (some, more) => {
        const client = parseFdinfo(`drm-driver: amdgpu\ndrm-pdev: x\ndrm-memory-vram:${some}\n${more}`);
        expect(client === null || client.bytes >= 0).toBe(true);
      }),
    );
  });
});

test('a location is a place on the bus', () => {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  fc.assert(
    fc.property(fc.nat(0xffff), fc.nat(0xff), fc.nat(0x1f), fc.nat(7), (domain, bus, device, part) => {
      const location = (bus << 8) | (device << 3) | part;
      expect(pciAddress(`simd_count 80\nlocation_id ${location}\ndomain ${domain}`)).toBe(
        `${hex(domain, 4)}:${hex(bus, 2)}:${hex(device, 2)}.${part}`,
      );
    }),
  );
  expect(pciAddress('simd_count 80')).toBeNull();
});
