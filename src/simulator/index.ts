/** Simulated runs of workloads, for the command line and for benchmarks. */

export { InvalidSimulationError, InvalidTraceError, SimulationStuckError } from './errors.ts';
export type { Bounds } from './figures/bounds.ts';
export { meanOf, percentile, type RunFigures } from './figures/figures.ts';
export type { History, JobRecord, Stay } from './history.ts';
export { type MachineSettings, USUAL_MACHINE } from './machine/settings.ts';
export { SERVER_KINDS, type ServerKind } from './policies/contender.ts';
export { isPolicyName, POLICY_NAMES, type PolicyName } from './policies/policies.ts';
export { type SimulatedRun, type Simulation, simulate } from './simulate.ts';
export type { WorkloadSettings } from './workload/generated.ts';
export { recordedWorkload } from './workload/recorded.ts';
export { parseTrace } from './workload/trace.ts';
export type { SimulatedJob, SimulatedModel, Workload } from './workload/workload.ts';
export {
  generate,
  isWorkloadName,
  WORKLOAD_NAMES,
  WORKLOADS,
  type WorkloadName,
} from './workload/workloads.ts';
