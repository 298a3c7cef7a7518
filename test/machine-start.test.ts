import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { machineStart } from '../src/machine-start.ts';

describe('the name of a start of the machine', () => {
  const BOOT = '/proc/sys/kernel/random/boot_id';
  const stat = (name: string, startTicks: number) =>
    `1 (${name}) S 0 1 1 0 -1 4194560 ${'7 '.repeat(12)}${startTicks} 177082368 3024 18446744073709551615\n`;
  /** As this server finds it that was started at 90 s of what the kernel counts, and has lived for 10 s. @param uptimeMs as it is told */
  const named = (init: string | null, uptimeMs: number, boot = 'boot') => {
    const files: Readonly<Record<string, string | null>> = {
      [BOOT]: `${boot}\n`,
      '/proc/self/stat': stat('node', 9_000),
      '/proc/1/stat': init,
    };
    return machineStart(
      (path) => {
        const text = files[path];
        if (typeof text !== 'string') throw new Error(`There is no ${path}.`);
        return text;
      },
      { uptimeMs, processMs: 10_000 },
    );
  };
  const OF_MACHINE = 100_000;

  it('is the same for every start of a container that is told how long the machine is up', () => {
    const first = named(stat('systemd', 1), OF_MACHINE);
    expect(first).toBe('boot');
    // The server itself is the first process, so that each start of it is one of the container.
    expect(named(stat('node', 9_000), OF_MACHINE)).toBe(first);
    expect(named(stat('tini', 8_990), OF_MACHINE + 900)).toBe(first);
    // Others' processes are hidden.
    expect(named(null, OF_MACHINE)).toBe(first);
    expect(named(stat('systemd', 1), OF_MACHINE, 'other')).not.toBe(first);
  });

  it('tells starts of a container apart that is told how long it is up itself', () => {
    const first = named(stat('systemd', 8_000), 20_000);
    expect(first).not.toBe('boot');
    expect(named(stat('a) S (b', 8_000), 20_000)).toBe(first);
    expect(named(stat('systemd', 8_900), 20_000)).not.toBe(first);
    expect(named(stat('systemd', 8_000), 20_000, 'other')).not.toBe(first);
  });

  it('is unknown where machines have none', () => {
    const missing = () => {
      throw new Error('There is no such file.');
    };
    expect(machineStart(missing, { uptimeMs: 1, processMs: 1 })).toBeNull();
  });

  it('is that of this machine', () => {
    if (process.platform !== 'linux') return;
    expect(systemClock.boot === null).toBe(process.platform !== 'linux');
  });
});
