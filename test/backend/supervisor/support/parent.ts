/**
 * A server of ours that is about to be killed: takes over what an earlier one left, ends what it cannot take over, starts what is
 * missing, and tells every change of state. Run as `node parent.ts DATA_FOLDER FLAGS…`, each FLAGS a list separated by commas for one program.
 */
import { Supervisor } from '../../../../src/backend/supervisor/index.ts';
import { systemClock, systemRandom } from '../../../../src/clock.ts';
import { silentLogger } from '../../../../src/telemetry/logger.ts';
import { spec } from './spec.ts';

const [dataDir = '', ...programs] = process.argv.slice(2);
const supervisor = new Supervisor({
  dataDir,
  clock: systemClock,
  random: systemRandom,
  logger: silentLogger,
});
const tell = (told: object) => console.log(JSON.stringify(told));
supervisor.onChange(({ state, uuid, pid, adopted, note }) =>
  tell({ state, uuid, pid, adopted, program: programOf(note) }),
);
for (const survivor of await supervisor.findSurvivors()) {
  await supervisor.adopt(survivor).catch(() => supervisor.end(survivor));
}
const running = new Set(supervisor.processes.map(({ note }) => programOf(note)));
await Promise.all(
  programs.map(async (flags, program) => {
    if (running.has(program)) return;
    const note = { program, stage: 'started' };
    const started = await supervisor.start(spec(flags.split(',').filter(Boolean), { note }));
    await started.setNote({ program, stage: 'serving' });
  }),
);
process.once('SIGHUP', () => supervisor.stop({ keep: true }));
tell({ state: 'ALL_READY' });

function programOf(note: unknown): unknown {
  return note && typeof note === 'object' && 'program' in note ? note.program : null;
}
