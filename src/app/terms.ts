/** What of the configuration callers are told. */
import { MOST_JOBS_IN_BATCH } from '../accept/input-schema.ts';
import type { Config } from '../config/config.ts';
import { MOST_IMAGES } from '../kinds/fields.ts';
import type { ServerTerms } from '../view/server-terms.ts';

export function termsOf({ keys, maxBodyBytes, retentionMs }: Config): ServerTerms {
  return {
    needsKey: keys.length > 0,
    limits: { batchJobs: MOST_JOBS_IN_BATCH, bodyBytes: maxBodyBytes, images: MOST_IMAGES, retentionMs },
  };
}
