import { freemem, totalmem } from 'node:os';
import type { Clock } from '../../clock.ts';
import type { GpuState } from '../gpu-memory.ts';
import { cpuLine, type Device, deviceLine } from './devices.ts';
import { spawnEngine } from './engine-child.ts';
import type { ProgramLog } from './program-log.ts';

/** Ollama waits so long for a library's answer, and then does without it. */
const LIMIT_MS = 30_000;

/**
 * Ollama's look for GPUs: it asks an engine without a model. Resolves with what is to be used, which is nothing when that hangs. Whoever ends
 * the server meanwhile leaves that engine behind.
 */
export async function discoverDevices(
  context: {
    readonly clock: Clock;
    readonly speed: number;
    readonly hangs: boolean;
    readonly log: ProgramLog;
  },
  devices: readonly Device[],
  gpus: readonly GpuState[],
): Promise<readonly Device[]> {
  const { clock, log, speed, hangs } = context;
  log.info('runner.go:60', 'discovering available GPUs...');
  const { promise, resolve } = Promise.withResolvers<'answered' | 'timeout'>();
  const child = spawnEngine(hangs ? ['--list-devices', '--hang'] : ['--list-devices']);
  child.on('error', () => resolve('answered'));
  child.stdin?.on('error', () => {});
  child.on('exit', () => resolve('answered'));
  // One that was not told to hang answers for sure, however slow the machine is and however fast its time runs.
  if (hangs) {
    clock.after(LIMIT_MS / speed, () => {
      resolve('timeout');
      child.kill('SIGKILL');
    });
  }
  const outcome = await promise;
  const found = hangs ? [] : devices;
  if (outcome === 'timeout') log.info('runner.go:464', 'failure during GPU discovery', 'error="timeout"');
  for (const device of found) log.info('types.go:32', 'inference compute', deviceLine(device, gpus));
  if (found.length === 0) log.info('types.go:50', 'inference compute', cpuLine(totalmem(), freemem()));
  return found;
}
