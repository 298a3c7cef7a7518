/** Server processes under supervision, whatever the program. */
export { allowListedEnv, BASE_VARIABLES } from './environment.ts';
export * from './errors.ts';
export { activityOf } from './proc/activity.ts';
export { readHostRoom } from './proc/host-memory.ts';
export type { HostMemory } from './proc/memory.ts';
export { listStats, type ProcessIdentity, type ProcessStat } from './proc/stat.ts';
export type { ProcessExit } from './process-exit.ts';
export type { ProcessRecord } from './process-record.ts';
export type { ProcessSpec } from './process-spec.ts';
export { quotedLine } from './quoted-output.ts';
export type { ProcessState } from './state.ts';
export type { SupervisedProcess } from './supervised-process.ts';
export { Supervisor, type SupervisorOptions } from './supervisor.ts';
export type { Survivor } from './survivors.ts';
