/** What the drop-in APIs stand on. */
import type { ModelDirectory } from '../../accept/accept.ts';
import type { AcceptService } from '../../accept/accept-service.ts';
import type { LiveJobs } from '../../accept/live-jobs.ts';
import type { Clock, Random } from '../../clock.ts';
import type { Audit } from '../../domain/audit.ts';
import type { MemoryOperations } from '../../domain/memory-operations.ts';
import type { ModelOperations } from '../../domain/model-operations.ts';
import type { SystemView } from '../../domain/system.ts';
import type { BodyReader } from '../../http/body-reader.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { OwnJobs } from '../../view/own-jobs.ts';
import type { OllamaGuard } from './ollama-guard.ts';

/** Told what the gateway adds to the time of a request, in milliseconds. */
export interface AddedLatency {
  /** From its whole body to its job on disk. */
  accepted(ms: number): void;
  /** From the last record of the backend to the end of the answer. */
  answered(ms: number): void;
}

export interface GatewayDependencies {
  /** For jobs that nobody waits for. */
  readonly accept: Pick<AcceptService, 'submit'>;
  readonly liveJobs: LiveJobs;
  readonly jobs: OwnJobs;
  readonly models: ModelDirectory;
  readonly memory: MemoryOperations;
  readonly modelOperations: ModelOperations;
  readonly system: SystemView;
  /** Null where nobody asks. */
  readonly latency: AddedLatency | null;
  readonly audit: Audit;
  readonly guard: OllamaGuard;
  readonly bodies: BodyReader;
  /** Programs are believed when they say for whom they ask. */
  readonly trustsClientHeaders: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}
