/** A server that is to be killed: starts a backend on a rig, loads, says what it has, and waits for its end. Arguments: JSON. */
import { createManagedOllamaBackend } from '../../../../src/backend/managed/managed-backend.ts';
import type { ManagedOllamaOptions } from '../../../../src/backend/managed/settings.ts';
import { systemClock, systemRandom } from '../../../../src/clock.ts';
import type { LoadSpec } from '../../../../src/domain/backend.ts';
import { silentLogger } from '../../../../src/telemetry/logger.ts';

interface Order {
  readonly options: Omit<ManagedOllamaOptions, 'clock' | 'random' | 'logger'>;
  readonly loads: readonly LoadSpec[];
  /** Do not wait for the loads. */
  readonly hasty: boolean;
}

const { options, loads, hasty } = JSON.parse(process.argv[2] ?? '') as Order;
const backend = createManagedOllamaBackend({
  ...options,
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
});
const { signal } = new AbortController();
await backend.start();
await backend.library.list(signal);
const loading = Promise.all(loads.map((spec) => backend.load(spec, signal)));
if (hasty) loading.catch(() => {});
else await loading;
await backend.warmed();
process.once('SIGTERM', () => {
  void backend.stop().then(() => process.exit(0));
});
setInterval(() => {}, 60_000);
process.stdout.write('ready\n');
