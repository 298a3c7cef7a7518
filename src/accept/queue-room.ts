/** Whether jobs that are not in the queue yet would be taken: whether there is room, and whether their client has anything left to use up. */
import { ClientLimitError } from '../domain/allowance.ts';
import { limitsOf, NO_CLIENT_LIMITS } from '../domain/client-limits.ts';
import type { InputIssue } from '../domain/errors.ts';
import { bucketsOf } from '../domain/own-backlog.ts';
import type { AcceptDependencies } from './admit.ts';

type Sources = Pick<AcceptDependencies, 'clients' | 'queueLimit'> & {
  readonly store: Pick<AcceptDependencies['store'], 'backlog' | 'counts'>;
};

/** Why so many more jobs of the client would be refused now, in the words of the input; null where they would not. */
export function roomProblem(
  { store, queueLimit, clients = NO_CLIENT_LIMITS }: Sources,
  client: string,
  more: number,
): InputIssue | null {
  const { maxQueued } = limitsOf(clients, client);
  const own =
    maxQueued === null
      ? Number.POSITIVE_INFINITY
      : maxQueued - bucketsOf(store.backlog, client).reduce((sum, { count }) => sum + count, 0);
  const whole = queueLimit - store.counts().PENDING;
  const room = Math.max(0, Math.min(own, whole));
  if (more <= room) return null;
  const whose =
    own < whole ? `Of ${client} at most ${maxQueued} jobs may wait` : `At most ${queueLimit} jobs may wait`;
  return {
    path: ['jobs'],
    message: `are ${more}, and the queue has room for ${room} now. ${whose}: submit fewer together, or try again later.`,
  };
}

/** That the client has used up what it may; null where it has not. */
export function spentProblem(
  { allowances }: Pick<AcceptDependencies, 'allowances'>,
  client: string,
): InputIssue | null {
  try {
    allowances?.checkWork(client);
    return null;
  } catch (error) {
    if (error instanceof ClientLimitError) return { path: ['jobs'], message: error.message };
    throw error;
  }
}
