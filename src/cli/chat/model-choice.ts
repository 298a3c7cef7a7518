/** Whether a model can be talked to, before anything is said to it. */
import type { ApiClient } from '../../client/api-client.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { findModel } from '../jobs/api-calls.ts';
import { backendTrouble } from '../models/backend-trouble.ts';
import { embedsOnly } from '../submit/random-jobs.ts';
import type { Terminal } from '../terminal/terminal.ts';

type ModelChoice =
  | { readonly kind: 'there' }
  /** No backend has it; it could be pulled. */
  | { readonly kind: 'missing'; readonly message: string };

/** @throws CommandError for one that only embeds */
async function lookForModel(api: ApiClient, name: string): Promise<ModelChoice> {
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

/** How a person decides about a model that is missing. */
export interface Offer {
  agrees(question: string): Promise<boolean>;
  pull(): Promise<ExitCode>;
}

/**
 * One that is missing is fetched where a person wants that.
 * @param offer null where nobody can be asked
 * @throws CommandError when it is not there in the end, or only embeds
 */
export async function needModel(
  api: ApiClient,
  name: string,
  terminal: Terminal,
  offer: Offer | null,
): Promise<void> {
  const choice = await lookForModel(api, name);
  if (choice.kind === 'there') return;
  if (offer === null) throw new CommandError(`${choice.message}\nFetch it with "vramkeeper pull ${name}".`);
  terminal.note(choice.message);
  if (!(await offer.agrees(`Fetch it now, as "vramkeeper pull ${name}" does? [y/N] `)))
    throw new CommandError(`Then choose another. "vramkeeper list" has those that are there.`);
  if ((await offer.pull()) !== EXIT.done)
    throw new CommandError(`Without ${name} there is nobody to talk to.`);
  // What came may only embed.
  await lookForModel(api, name);
}

export function isYes(answer: string | null): boolean {
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}
