/** What every resolver is given: who asks, and the parts of the server that it may use. */
import type { AcceptService } from '../accept/accept-service.ts';
import type { BatchChanges } from '../accept/batch-changes.ts';
import type { ImageService } from '../accept/image-service.ts';
import type { ChatService } from '../chats/chat-service.ts';
import type { Clock } from '../clock.ts';
import type { Allowances } from '../domain/allowance.ts';
import type { Audit } from '../domain/audit.ts';
import type { ChatStore } from '../domain/chat.ts';
import type { HistoryStore } from '../domain/history-store.ts';
import type { MemoryOperations } from '../domain/memory-operations.ts';
import type { ModelOperations } from '../domain/model-operations.ts';
import type { Principal } from '../domain/principal.ts';
import type { Reload } from '../domain/reload.ts';
import type { ReadScope } from '../domain/store.ts';
import type { SystemControl, SystemView } from '../domain/system.ts';
import type { EventLog } from '../events/event-log.ts';
import type { OutputHub } from '../events/output-hub.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { LiveStates } from '../view/live-states.ts';
import type { ServerTerms } from '../view/server-terms.ts';
import type { AnswerBudget } from './answer-budget.ts';
import type { Loaders, StoreReads } from './loaders.ts';

/** Of the past, which whoever may see the present memory may see, too. */
export interface HistoryReads {
  readonly residencies: Pick<HistoryStore['residencies'], 'list'>;
  readonly samples: Pick<HistoryStore['samples'], 'series'>;
}

export interface GraphQLContext {
  readonly principal: Principal;
  readonly accept: AcceptService;
  readonly images: ImageService;
  readonly batches: BatchChanges;
  readonly chats: ChatService;
  /** Which chats are new, other than they were, or gone. */
  readonly chatNews: ChatStore['onNews'];
  readonly store: StoreReads;
  readonly system: SystemView;
  readonly control: SystemControl;
  readonly configuration: Reload & {
    readonly allowances: Pick<Allowances, 'of'>;
    readonly audit: Audit;
  };
  readonly memory: MemoryOperations;
  readonly tasks: Tasks;
  readonly modelOperations: ModelOperations;
  readonly events: EventLog;
  readonly outputs: OutputHub;
  readonly live: LiveStates;
  readonly terms: ServerTerms;
  readonly history: HistoryReads;
  readonly clock: Clock;
  readonly loaders: Loaders;
  /** For reads that may take long: they end with their caller. */
  readonly scope: ReadScope;
  readonly answer: AnswerBudget;
}
