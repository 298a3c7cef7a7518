/** Which rows a group of operations is sure to ask for, as its calls tell. What else one asks for costs it a trip of its own. */
import { type BucketKey, bucketId } from '../../domain/backlog.ts';
import type { JobId } from '../../domain/ids.ts';
import type { ClaimPick } from '../../domain/store.ts';
import type { CallOf, Operations } from '../operation.ts';

export interface Wanted {
  /** Jobs by their ids. */
  readonly jobs: ReadonlySet<JobId>;
  /** Those of them whose answers in chats may change. */
  readonly answers: ReadonlySet<JobId>;
  /** By `bucketId`: so many of the oldest of a bucket, with their requests. */
  readonly lines: ReadonlyMap<string, { readonly bucket: BucketKey; readonly count: number }>;
  readonly keys: readonly { readonly client: string; readonly key: string }[];
}

export function wantedBy(calls: readonly CallOf<Operations>[]): Wanted {
  const jobs = new Set<JobId>();
  const answers = new Set<JobId>();
  const lines = new Map<string, { readonly bucket: BucketKey; readonly count: number }>();
  const keys: { client: string; key: string }[] = [];
  const claims = (picks: readonly ClaimPick[]) => {
    for (const { queue, priority, client, count } of picks) {
      if (count < 1) continue;
      const bucket = { queue, priority, client };
      const known = lines.get(bucketId(bucket))?.count ?? 0;
      lines.set(bucketId(bucket), { bucket, count: known + count });
    }
  };
  const turns = (id: JobId) => {
    jobs.add(id);
    answers.add(id);
  };
  for (const { kind, input } of calls) {
    switch (kind) {
      case 'submit':
        if (input.idempotency) keys.push(input.idempotency);
        if (input.takesUp) jobs.add(input.takesUp);
        break;
      case 'claim':
      case 'refuse':
        claims(input.picks);
        break;
      case 'begin':
      case 'returnToQueue':
        for (const { id } of input) jobs.add(id);
        break;
      case 'finish':
      case 'cancel':
      case 'retry':
        turns(input.id);
        break;
      case 'stage':
      case 'keepSaid':
      case 'setPriority':
        jobs.add(input.id);
        break;
      case 'changeMany':
        for (const id of input.ids) turns(id);
        break;
      case 'tend':
        for (const { id } of input.courses) jobs.add(id);
        break;
      default:
        // What is seldom done reads as it goes.
        break;
    }
  }
  return { jobs, answers, lines, keys };
}
