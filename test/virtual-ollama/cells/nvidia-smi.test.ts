import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createNvidiaProbe } from '../../../src/monitor/nvidia-probe.ts';
import { GIB, MIB, SMI, VirtualMachine } from './virtual-machine.ts';

test('cells are seen by a virtual nvidia-smi with the pids of their engines', async () => {
  await using machine = await VirtualMachine.create([4 * GIB, GIB]);
  machine.memory.setForeign(1, 100 * MIB);
  const cell = await machine.cell();
  await cell.load('small:1b', { main_gpu: 0, num_ctx: 1024 });
  const [engine] = machine.engines();
  const [card, other] = machine.memory.read();
  const format = '--format=csv,noheader,nounits';
  const usedMib = Math.ceil((card?.usedBytes ?? 0) / MIB);
  expect(await machine.nvidiaSmi('--query-gpu=index,uuid,name,memory.total,memory.used', format)).toBe(
    `0, ${card?.uuid}, Virtual GPU, 4096, ${usedMib}\n1, ${other?.uuid}, Virtual GPU, 1024, 100\n`,
  );
  expect(await machine.nvidiaSmi('--query-compute-apps=gpu_uuid,pid,process_name,used_memory', format)).toBe(
    `${card?.uuid}, ${engine}, llama-server, ${usedMib}\n${other?.uuid}, 2, other, 100\n`,
  );
  await expect(machine.nvidiaSmi('--query-gpu=nonsense', format)).rejects.toMatchObject({
    stdout: expect.stringContaining('Field "nonsense" is not a valid field to query.'),
  });
});

test('a virtual nvidia-smi that repeats itself prints its header once, and ends when nobody reads', async () => {
  await using machine = await VirtualMachine.create([4 * GIB]);
  const query = ['--query-gpu=timestamp,memory.used', '--format=csv', '-lms', '20'];
  const smi = spawn(SMI, query, {
    env: { PATH: process.env.PATH, VIRTUAL_GPU_DIR: machine.gpuFolder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: smi.stdout })) {
    if (lines.push(line) === 2) machine.memory.setForeign(0, 100 * MIB);
    if (line.endsWith(', 100 MiB')) break;
  }
  expect(lines[0]).toBe('timestamp, memory.used [MiB]');
  for (const line of lines.slice(1))
    expect(line).toMatch(/^\d{4}(\/\d\d){2} \d\d(:\d\d){2}\.\d{3}, (0|100) MiB$/);
  const ended = once(smi, 'exit');
  smi.stdout.destroy();
  await ended;
});

test('the NVIDIA probe of vramkeeper reads a virtual machine', async () => {
  await using machine = await VirtualMachine.create([4 * GIB, GIB]);
  const cell = await machine.cell();
  await cell.load('small:1b', { main_gpu: 0, num_ctx: 1024 });
  const [card] = machine.memory.read();
  const env = { PATH: process.env.PATH, VIRTUAL_GPU_DIR: machine.gpuFolder };
  const probe = createNvidiaProbe({ clock: systemClock, binary: SMI, env, timeoutMs: 20_000 });
  await probe.start();
  const readings = await probe.read();
  await probe.stop();
  const usedBytes = Math.ceil((card?.usedBytes ?? 0) / MIB) * MIB;
  expect(readings).toMatchObject([
    {
      key: card?.uuid,
      index: 0,
      totalBytes: 4 * GIB,
      usedBytes,
      processes: [{ pid: machine.engines()[0], name: 'llama-server', bytes: usedBytes }],
    },
    { index: 1, totalBytes: GIB, usedBytes: 0, processes: [] },
  ]);
});
