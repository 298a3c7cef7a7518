/** A real `ollama serve` for the time of a run, set as the servers of the measured runs were. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowListedEnv, BASE_VARIABLES, Supervisor } from '../../src/backend/supervisor/index.ts';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { CONTEXT_LENGTH, MOST_LOADED, SLOTS } from './virtual.ts';

export interface RealOllama {
  /** The program. */
  readonly program: string;
  /** Its model folder. */
  readonly models: string;
  /** For each of its processes, such as what shows it its cards. */
  readonly env: Readonly<Record<string, string>>;
}

/** @param use gets its URL. */
export async function withServer<T>(
  { program, models, env }: RealOllama,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-ollama-'));
  const supervisor = new Supervisor({
    dataDir,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  try {
    const server = await supervisor.start({
      name: 'ollama',
      command: program,
      args: ['serve'],
      env: {
        ...allowListedEnv(BASE_VARIABLES, process.env),
        HOME: dataDir,
        OLLAMA_HOST: '127.0.0.1:0',
        OLLAMA_MODELS: models,
        OLLAMA_NOPRUNE: '1',
        OLLAMA_NO_CLOUD: '1',
        OLLAMA_NUM_PARALLEL: String(SLOTS),
        OLLAMA_MAX_LOADED_MODELS: String(MOST_LOADED),
        OLLAMA_CONTEXT_LENGTH: String(CONTEXT_LENGTH),
        ...env,
      },
      readiness: {
        port: { kind: 'from-output', pattern: /Listening on 127\.0\.0\.1:(?<port>\d+)/ },
        probe: async (port, signal) => {
          const answer = await fetch(`http://127.0.0.1:${port}/api/version`, { signal });
          if (!answer.ok) throw new Error(`it answers with status ${answer.status}`);
        },
      },
    });
    return await use(`http://127.0.0.1:${server.port}`);
  } finally {
    await supervisor.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
