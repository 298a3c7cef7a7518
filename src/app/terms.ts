/** What of the configuration callers are told. */
import { MOST_JOBS_IN_BATCH } from '../accept/input-schema.ts';
import type { Callers } from '../clients/callers.ts';
import type { Config } from '../config/config.ts';
import { MOST_IMAGES } from '../kinds/fields.ts';
import type { ServerTerms } from '../view/server-terms.ts';

export function termsOf({ maxBodyBytes, retentionMs }: Config, callers: Callers): ServerTerms {
  return {
    get needsKey() {
      return callers.needsKey;
    },
    get choosesName() {
      return callers.choosesName;
    },
    limits: { batchJobs: MOST_JOBS_IN_BATCH, bodyBytes: maxBodyBytes, images: MOST_IMAGES, retentionMs },
  };
}
