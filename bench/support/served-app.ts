/** A whole server for a benchmark: on a free port, quiet, with its data in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { MiB } from '../../src/domain/units.ts';
import { createLoggerOn } from '../../src/telemetry/logger.ts';

/** While `use` runs. `VRAMKEEPER_BENCH_LOG=debug` shows what the server wrote, when it is over. */
export async function withServedApp<T>(settings: Partial<Config>, use: (app: App) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const lines: string[] = [];
  const logger = createLoggerOn({ write: (line) => void lines.push(line) }, LOG_LEVEL, systemClock);
  const app = createApp(configOf(dataDir, settings), { logger });
  try {
    await app.start();
    return await use(app);
  } finally {
    await app.stop({ graceMs: 0 });
    if (process.env.VRAMKEEPER_BENCH_LOG) process.stderr.write(lines.join(''));
    await rm(dataDir, { recursive: true, force: true });
  }
}

const LOG_LEVEL = process.env.VRAMKEEPER_BENCH_LOG === 'debug' ? 'debug' : 'silent';

function configOf(dataDir: string, settings: Partial<Config>): Config {
  return {
    host: '127.0.0.1',
    port: 0,
    dataDir,
    headroomBytes: 0,
    backends: [],
    retentionMs: 86_400_000,
    models: {},
    keepAliveMs: null,
    warmup: [],
    keepWarm: [],
    reservations: [],
    contextLength: 4096,
    queueLimit: 10_000_000,
    onClientGone: 'cancel',
    maxBodyBytes: 20 * MiB,
    fileQuota: { ofClient: 2 ** 31, ofAll: 2 ** 33 },
    imageQuota: { ofClient: 2 ** 31, ofAll: 2 ** 33 },
    keys: [],
    hosts: [],
    origins: [],
    log: { level: 'silent', format: 'text', file: null },
    pollIntervalMs: 2_000,
    configFile: null,
    ...settings,
  };
}
