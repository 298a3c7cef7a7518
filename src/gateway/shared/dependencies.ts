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

export interface GatewayDependencies {
  /** For jobs that nobody waits for. */
  readonly accept: Pick<AcceptService, 'submit'>;
  readonly liveJobs: LiveJobs;
  readonly jobs: OwnJobs;
  readonly models: ModelDirectory;
  readonly memory: MemoryOperations;
  readonly modelOperations: ModelOperations;
  readonly system: SystemView;
  readonly audit: Audit;
  readonly guard: OllamaGuard;
  readonly bodies: BodyReader;
  /** Programs are believed when they say for whom they ask. */
  readonly trustsClientHeaders: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}
