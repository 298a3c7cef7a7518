/** Whether a model can be talked to, before anything is said to it. */
import type { ApiClient } from '../../client/api-client.ts';
import { CommandError } from '../exit.ts';
import { findModel } from '../jobs/api-calls.ts';
import { backendTrouble } from '../models/backend-trouble.ts';
import { embedsOnly } from '../submit/random-jobs.ts';

export type ModelChoice =
  | { readonly kind: 'there' }
  /** No backend has it; it could be pulled. */
  | { readonly kind: 'missing'; readonly message: string };

/** @throws CommandError for one that only embeds */
export async function lookForModel(api: ApiClient, name: string): Promise<ModelChoice> {
  const model = await findModel(api, name);
  if (model && embedsOnly(model))
    throw new CommandError(`${name} turns text into embeddings and cannot answer. Choose another model.`);
  if (model) return { kind: 'there' };
  const { isTotal, lines } = await backendTrouble(api);
  if (isTotal && lines.length > 0)
    throw new CommandError([`Whether there is a model named "${name}" cannot be told:`, ...lines].join('\n'));
  const what = `No backend${lines.length > 0 ? ' that answers' : ''} has a model named "${name}".`;
  return { kind: 'missing', message: [what, ...lines].join('\n') };
}
