/**
 * Looks for survivors as somebody who may not look into process 1, and tells what it found. Run as `node unprivileged.ts DATA_FOLDER`.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Supervisor } from '../../../../src/backend/supervisor/index.ts';
import { systemClock, systemRandom } from '../../../../src/clock.ts';
import { silentLogger } from '../../../../src/telemetry/logger.ts';

const dataDir = process.argv[2] ?? '';
const NOBODY = 65_534;
if (process.getuid?.() === 0) {
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
}
const warnings: string[] = [];
const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
const supervisor = new Supervisor({ dataDir, clock: systemClock, random: systemRandom, logger });
const survivors = await supervisor.findSurvivors();
console.log(
  JSON.stringify({ survivors: survivors.length, warnings, files: readdirSync(join(dataDir, 'cells')) }),
);
