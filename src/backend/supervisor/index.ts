/** Server processes under supervision, whatever the program. */
export { type BackOffSettings, DEFAULT_BACK_OFF } from './back-off.ts';
export { allowListedEnv, BASE_VARIABLES, CELL_VARIABLE, HOME_VARIABLE } from './environment.ts';
export * from './errors.ts';
export { activityOf } from './proc/activity.ts';
export { type HostRoom, readHostRoom } from './proc/host-memory.ts';
export type { HostMemory } from './proc/memory.ts';
export {
  findProcess,
  isLiving,
  listStats,
  type ProcessIdentity,
  type ProcessStat,
  readStat,
} from './proc/stat.ts';
export type { ProcessExit } from './process-exit.ts';
export type { ProcessRecord } from './process-record.ts';
export type { PortSource, ProcessSpec, Readiness } from './process-spec.ts';
export type { ProcessState } from './state.ts';
export type { SupervisedProcess } from './supervised-process.ts';
export { Supervisor, type SupervisorOptions } from './supervisor.ts';
export type { Survivor } from './survivors.ts';
