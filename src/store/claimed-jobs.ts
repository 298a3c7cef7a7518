/** What was claimed, as those who run it read it. */
import type { JobRequest } from '../domain/request.ts';
import type { ClaimedJob } from '../domain/store.ts';
import type { EncodedClaim } from './operation.ts';

export function claimedJobs(claimed: readonly EncodedClaim[]): readonly ClaimedJob[] {
  return claimed.map(({ job, request }) => ({ job, request: JSON.parse(request) as JobRequest }));
}
