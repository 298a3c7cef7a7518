/** Who changed what: of models, keys, the scheduler, the memory, and of what belongs to others. Never what jobs say. */
import type { Principal } from './principal.ts';
import { needOf } from './scopes.ts';

export type AuditDetails = Readonly<Record<string, string | number | boolean | readonly string[] | null>>;

export interface AuditEntry {
  /** Null: whoever runs the server, by a signal. */
  readonly client: string | null;
  /** As the table of scopes has it. */
  readonly action: string;
  /** `refused`: whoever asked may not. */
  readonly outcome: 'done' | 'refused' | 'failed';
  /** Of what failed or was refused; null where it was done. */
  readonly code: string | null;
  readonly details: AuditDetails;
}

export interface Audit {
  /** Never throws. */
  record(entry: AuditEntry): void;
}

export const NO_AUDIT: Audit = { record: () => {} };

/** For everybody, whoever does it: memory that nobody else gets. */
const ALWAYS: ReadonlySet<string> = new Set(['Mutation.reserveVram', 'Mutation.releaseVram']);
/** Where what belongs to others is changed. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  'Mutation.cancelBatch',
  'Mutation.cancelJob',
  'Mutation.cancelJobs',
  'Mutation.deleteChat',
  'Mutation.retryBatch',
  'Mutation.retryJob',
  'Mutation.retryJobs',
  'Mutation.updateBatch',
  'Mutation.updateChat',
  'Mutation.updateJobPriorities',
  'Mutation.updateJobPriority',
]);

/** What changes something and takes a scope beyond one's own affairs. */
export function isAudited(action: string): boolean {
  if (ALWAYS.has(action) || OF_OTHERS.has(action)) return true;
  const need = needOf(action);
  return (need === 'OPERATE' || need === 'ADMIN') && !/^(Query|Subscription|GET |HEAD )/.test(action);
}

/** What a client does to what is its own is nobody else's business. @param owner null: it is not known, or there are several */
export function isOwnAffair(action: string, { client, scopes }: Principal, owner: string | null): boolean {
  return OF_OTHERS.has(action) && (owner === client || (owner === null && !scopes.has('OPERATE')));
}
