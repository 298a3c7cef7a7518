/** The kill -9 campaign with as many kills as you like: `npm run bench -- kills 500`. */
import { spawnSync } from 'node:child_process';

export async function run(
  print: (line: string) => void,
  [kills = '200']: readonly string[] = [],
): Promise<void> {
  const started = performance.now();
  const { status } = spawnSync(
    'npx',
    ['vitest', 'run', '--config', 'vitest.campaign.config.ts', 'test/crash'],
    {
      stdio: 'inherit',
      env: { ...process.env, KILLS: kills, SEED: String(Date.now() % 1e9) },
    },
  );
  print(
    `${kills} kills in ${Math.round((performance.now() - started) / 1000)} s: ${status === 0 ? 'nothing lost, nothing twice' : 'FAILED'}`,
  );
  if (status !== 0) process.exitCode = 1;
}
