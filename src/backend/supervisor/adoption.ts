/** Whether a survivor can be looked after as if it had been started now. */
import { existsSync } from 'node:fs';
import { NotAdoptableError } from './errors.ts';
import { findProcess, isLiving, type ProcessIdentity } from './proc/stat.ts';
import type { ProcessRecord } from './process-record.ts';
import type { Survivor } from './survivors.ts';

export interface Adoptable {
  readonly record: ProcessRecord;
  readonly leader: ProcessIdentity;
}

/** @throws NotAdoptableError that says what is missing */
export async function requireAdoptable(survivor: Survivor, logPath: string): Promise<Adoptable> {
  const { record, leader, uuid, group } = survivor;
  if (!record) throw notAdoptable(uuid, 'its record is lost');
  if (record.port === null) throw notAdoptable(uuid, 'it was not ready yet');
  // Without it, what the program writes goes to a file without a name that nobody can cut.
  if (!existsSync(logPath)) throw notAdoptable(uuid, 'its log is lost');
  const stat = leader && findProcess(leader);
  if (!leader || !stat || !isLiving(stat)) throw notAdoptable(uuid, 'its first process is dead');
  if (!(await group.listensOn(record.port))) {
    throw notAdoptable(uuid, `it does not listen on port ${record.port}`);
  }
  return { record, leader };
}

export function notAdoptable(uuid: string, why: string): NotAdoptableError {
  return new NotAdoptableError(`Process ${uuid} cannot be taken over: ${why}. End it.`);
}
