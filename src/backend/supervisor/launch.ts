/** From a specification to a recorded, running process. */
import { closeSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { endGroup } from './end-group.ts';
import { environmentDigest, markedEnvironment } from './environment.ts';
import { ProcessRecordError } from './errors.ts';
import { type Leader, spawnLeader } from './leader.ts';
import { OutputFile } from './output-file.ts';
import { programOf } from './proc/host.ts';
import { ProcessGroup } from './process-group.ts';
import type { ProcessRecord, ProcessRecords } from './process-record.ts';
import { DEFAULTS, type ProcessSpec } from './process-spec.ts';

export interface LaunchOptions {
  readonly spec: ProcessSpec;
  readonly uuid: string;
  readonly records: ProcessRecords;
  readonly bootId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Launched {
  readonly record: ProcessRecord;
  readonly leader: Leader;
  readonly group: ProcessGroup;
  readonly output: OutputFile;
}

/**
 * The record is written before the start, without a pid, and again after it. Whenever we die in between, whoever comes next knows the
 * mark that the process carries.
 * @throws ProgramNotRunnableError | ProcessRecordError; nothing runs then
 */
export async function launch({
  spec,
  uuid,
  records,
  bootId,
  clock,
  logger,
}: LaunchOptions): Promise<Launched> {
  const home = await recorded(() => records.open());
  const intent: ProcessRecord = {
    version: 1,
    uuid,
    name: spec.name,
    startedAt: clock.now(),
    command: spec.command,
    args: [...spec.args],
    cwd: spec.cwd ?? DEFAULTS.cwd,
    environmentDigest: environmentDigest(spec.env),
    logBytes: spec.logBytes ?? DEFAULTS.logBytes,
    graceMs: spec.graceMs ?? DEFAULTS.graceMs,
    note: spec.note ?? null,
    port: null,
    process: null,
  };
  let created: ReturnType<typeof OutputFile.create> | undefined;
  let leader: Leader | undefined;
  try {
    await recorded(() => records.write(intent));
    const output = { path: records.logPath(uuid), limitBytes: intent.logBytes, clock, logger };
    created = await recorded(() => OutputFile.create(output));
    leader = await spawnLeader(
      {
        command: spec.command,
        args: spec.args,
        env: markedEnvironment(spec.env, uuid, home),
        cwd: intent.cwd,
      },
      created.descriptor,
    );
    const { pid, startTicks } = leader.identity;
    const record = { ...intent, process: { bootId, pid, startTicks, program: await programOf(pid) } };
    await recorded(() => records.write(record));
    return { record, leader, output: created.file, group: groupOf(uuid, leader, clock) };
  } catch (error) {
    if (leader) await endGroup(groupOf(uuid, leader, clock), { graceMs: 0, clock });
    created?.file.close();
    OutputFile.remove(records.logPath(uuid));
    // What is left of it names a dead process, or none: the next start removes it.
    await records.remove(uuid).catch(() => {});
    throw error;
  } finally {
    if (created) closeSync(created.descriptor);
  }
}

function groupOf(uuid: string, leader: Leader, clock: Clock): ProcessGroup {
  return new ProcessGroup(uuid, leader.identity, [leader.identity], clock);
}

async function recorded<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ProcessRecordError(
      `The data folder does not take the record of a new process, so it is not started: ${messageOf(cause)}. Check its permissions and the free space.`,
      { cause },
    );
  }
}
