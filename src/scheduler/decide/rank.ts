/** In which order models are thought of: the overdue ones in their share of the time, then by weighted waiting. */
import type { Candidate } from './candidates.ts';
import type { Draft } from './draft.ts';
import { refilledAt } from './forced-share.ts';
import { always, type Timed } from './timed.ts';

/**
 * While residents may still be made to give way, overdue ones first: those of the client that has received the least, then by deadline. The
 * others by weight.
 */
export function byUrgency(draft: Draft, candidates: readonly Candidate[]): readonly Candidate[] {
  const groups = Map.groupBy(candidates, (candidate) => draft.note(isForced(draft, candidate)));
  const [forced, others] = [groups.get(true) ?? [], groups.get(false) ?? []];
  const service = new Map(forced.map((candidate) => [candidate, candidate.service()]));
  const used = (candidate: Candidate) => service.get(candidate) ?? 0;
  return [
    ...forced.sort((a, b) => used(a) - used(b) || a.overdueAt - b.overdueAt || b.weight - a.weight),
    ...others.sort((a, b) => b.weight - a.weight),
  ];
}

/** Whether residents with work may be made to give way for it now. */
export function isForced(draft: Draft, { option, overdueAt }: Candidate): Timed<boolean> {
  if (overdueAt > draft.now) return { is: false, until: overdueAt };
  const backend = draft.backendOf(option);
  if (!backend) return always(false);
  const seconds = draft.forcedSeconds(backend);
  return seconds > 0 ? always(true) : { is: false, until: refilledAt(seconds, draft.now) };
}
