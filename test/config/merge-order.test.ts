import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';

interface Known {
  readonly port?: number | undefined;
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | undefined;
  readonly url?: string | undefined;
}

const known: fc.Arbitrary<Known> = fc.record(
  {
    port: fc.integer({ min: 0, max: 65535 }),
    level: fc.constantFrom('debug', 'info', 'warn', 'error'),
    url: fc.constantFrom('http://a:1', 'http://b:2', 'http://c:3'),
  },
  { requiredKeys: [] },
);

test('of two sources that say something the later one wins: defaults, file, environment, flags', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-config-'));
  try {
    await fc.assert(
      fc.asyncProperty(known, known, known, async (file, env, flags) => {
        const yaml = {
          ...(file.port === undefined ? {} : { port: file.port }),
          ...(file.level ? { log: { level: file.level } } : {}),
          ...(file.url ? { backends: [{ name: 'box', url: file.url }] } : {}),
        };
        await writeFile(join(folder, 'vramkeeper.yaml'), stringify(yaml));
        const config = await loadConfig(
          {
            ...(flags.port === undefined ? {} : { port: String(flags.port) }),
            ...(flags.level ? { logLevel: flags.level } : {}),
            ...(flags.url ? { backend: [flags.url] } : {}),
          },
          {
            cwd: folder,
            home: folder,
            env: {
              VRAMKEEPER_PORT: env.port === undefined ? undefined : String(env.port),
              VRAMKEEPER_LOG_LEVEL: env.level,
              VRAMKEEPER_BACKENDS: env.url,
            },
          },
        );
        expect(config.port).toBe(flags.port ?? env.port ?? file.port ?? 5001);
        expect(config.log).toEqual({
          level: flags.level ?? env.level ?? file.level ?? 'info',
          format: 'text',
          file: null,
        });
        expect(config.backends.map((backend) => backend.url)).toEqual([
          flags.url ?? env.url ?? file.url ?? 'http://127.0.0.1:11434',
        ]);
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
