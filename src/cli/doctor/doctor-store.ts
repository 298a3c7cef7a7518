/** What the doctor looks at where jobs are kept in PostgreSQL. */
import { lookAtStore } from '../../app/store.ts';
import { type Clock, wallNow } from '../../clock.ts';
import type { StorePlace } from '../../config/store-place.ts';
import type { Finding } from './finding.ts';

const subject = 'store';

export async function checkStore(place: StorePlace, clock: Clock): Promise<readonly Finding[]> {
  const { problem, warnings, version } = await lookAtStore(place, () => wallNow(clock));
  if (problem !== null) return [{ level: 'fail', subject, text: problem }];
  return [
    { level: 'ok', subject, text: `${place.shown}, PostgreSQL ${version}` },
    ...warnings.map((text): Finding => ({ level: 'warn', subject, text })),
  ];
}
