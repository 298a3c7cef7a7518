/** In which order models are thought of: the overdue ones in their share of the time, those whose turn it is in theirs, then by weighted waiting. */
import type { BackendId } from '../../domain/ids.ts';
import { JOB_PRIORITIES } from '../../domain/job.ts';
import { type Candidate, weightOn } from './candidates.ts';
import type { Draft } from './draft.ts';
import { refilledAt } from './forced-share.ts';
import { type Head, isMoreUrgent, leads } from './precedence.ts';
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
    ...inTurn(draft, others),
  ];
}

/**
 * Those first who come before what else waits or is served there, by priority: what their first client's jobs weigh decides, as
 * whatever else waits for the same model has no part in it. Then the others by weight.
 */
function inTurn(draft: Draft, candidates: readonly Candidate[]): readonly Candidate[] {
  const last = lastHeads(draft, candidates);
  const ahead = new Map(
    candidates.flatMap((candidate) => {
      const { option } = candidate;
      const [head, behind] = [candidate.head(), last.get(option.backendId)];
      if (!head || !behind) return [];
      const loadSeconds = option.loadMs / 1000;
      const isFirst =
        isMoreUrgent(head, behind) ||
        (draft.note(isFair(draft, candidate)) && leads(head, behind, option.config.parallel * loadSeconds));
      const place = JOB_PRIORITIES.indexOf(head.priority);
      return isFirst ? [[candidate, { place, weight: weightOn(draft, head.weight, option) }] as const] : [];
    }),
  );
  const rankOf = (candidate: Candidate) =>
    ahead.get(candidate) ?? { place: JOB_PRIORITIES.length, weight: candidate.weight };
  return candidates
    .map((candidate) => ({ candidate, ...rankOf(candidate) }))
    .sort((a, b) => a.place - b.place || b.weight - a.weight)
    .map(({ candidate }) => candidate);
}

/** By backend the least urgent of the heads, and of equals that whose client has received the most. */
function lastHeads(draft: Draft, candidates: readonly Candidate[]): ReadonlyMap<BackendId, Head> {
  const last = new Map<BackendId, Head>();
  const note = (id: BackendId, head: Head | null) => {
    const known = last.get(id);
    if (head && (!known || isMoreUrgent(known, head) || leads(known, head, 0))) last.set(id, head);
  };
  for (const backend of draft.snapshot.backends)
    for (const instance of draft.standing(backend)) note(backend.id, draft.headOf(instance));
  for (const { option, head } of candidates) note(option.backendId, head());
  return last;
}

/** Whether residents whose jobs are as urgent may be made to give way to it now, as its client has received less. */
export function isFair(draft: Draft, { option, head }: Candidate): Timed<boolean> {
  const backend = draft.backendOf(option);
  if (!backend || !head()) return always(false);
  const seconds = draft.forcedSeconds(backend, 'FAIR');
  return seconds > 0 ? always(true) : { is: false, until: refilledAt('FAIR', seconds, draft.now) };
}

/** Whether residents with work may be made to give way for it now. */
export function isForced(draft: Draft, { option, overdueAt }: Candidate): Timed<boolean> {
  if (overdueAt > draft.now) return { is: false, until: overdueAt };
  const backend = draft.backendOf(option);
  if (!backend) return always(false);
  const seconds = draft.forcedSeconds(backend, 'OVERDUE');
  return seconds > 0 ? always(true) : { is: false, until: refilledAt('OVERDUE', seconds, draft.now) };
}
