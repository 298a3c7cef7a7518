/** Simulated runs of workloads, for the command line and for benchmarks. */

export { InvalidSimulationError, InvalidTraceError, SimulationStuckError } from './errors.ts';
export { type Bounds, boundsOf } from './figures/bounds.ts';
export { figuresOf, meanOf, percentile, type RunFigures } from './figures/figures.ts';
export type { History, JobRecord, Stay } from './history.ts';
export { type MachineSettings, USUAL_MACHINE } from './machine/settings.ts';
export { type ContenderFactory, SERVER_KINDS, type ServerKind } from './policies/contender.ts';
export { longestQueue } from './policies/longest-queue.ts';
export { ollama, USUAL_OLLAMA } from './policies/ollama.ts';
export { isPolicyName, POLICIES, POLICY_NAMES, type PolicyName } from './policies/policies.ts';
export { vramkeeper } from './policies/vramkeeper.ts';
export { reportPage } from './report/page.ts';
export { run } from './run.ts';
export { type SimulatedRun, type Simulation, simulate } from './simulate.ts';
export { Draws } from './workload/draws.ts';
export type { WorkloadSettings } from './workload/generated.ts';
export { EMBEDDING_MODEL } from './workload/people.ts';
export { recordedWorkload, workMsOf } from './workload/recorded.ts';
export { parseTrace, type TraceJob } from './workload/trace.ts';
export { numbered, type SimulatedJob, type SimulatedModel, type Workload } from './workload/workload.ts';
export {
  generate,
  isWorkloadName,
  WORKLOAD_NAMES,
  WORKLOADS,
  type WorkloadName,
} from './workload/workloads.ts';
