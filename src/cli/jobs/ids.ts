/** The jobs and batches that a person means by ids, or by enough of how they begin. */
import type { ApiClient } from '../../client/api-client.ts';
import { IdsWithPrefix, KindsOfIds } from '../../client/job-documents.ts';
import { CommandError } from '../exit.ts';

export interface Meant {
  readonly kind: 'job' | 'batch';
  readonly id: string;
}

/** As many as the server looks at in one request. */
const MOST_AT_ONCE = 100;
/** As many as are named where several are meant. */
const MOST_NAMED = 5;

/**
 * In the order of `texts`, each once.
 * @throws CommandError with a line for each text that means none, or several
 */
export async function findIds(api: ApiClient, texts: readonly string[]): Promise<readonly Meant[]> {
  const whole = await existing(api, texts);
  const answers = await Promise.all(
    texts.map(async (text) => (whole.has(text) ? [text] : await beginningWith(api, text))),
  );
  const problems = texts.flatMap((text, i) => problemOf(text, answers[i] ?? []));
  if (problems.length > 0) throw new CommandError(problems.join('\n'));
  const ids = new Set(answers.flat());
  return [...ids].map((id) => ({ kind: id.startsWith('bat_') ? 'batch' : 'job', id }));
}

/** The one that `text` means. @throws CommandError */
export async function findId(api: ApiClient, text: string): Promise<Meant> {
  const [found] = await findIds(api, [text]);
  if (!found) throw new CommandError(`There is no ${text}.`);
  return found;
}

async function existing(api: ApiClient, texts: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let from = 0; from < texts.length; from += MOST_AT_ONCE) {
    const { nodes } = await api.request(KindsOfIds, { ids: texts.slice(from, from + MOST_AT_ONCE) });
    for (const node of nodes)
      if (node?.__typename === 'Job' || node?.__typename === 'Batch') found.add(node.id);
  }
  return found;
}

async function beginningWith(api: ApiClient, text: string): Promise<readonly string[]> {
  return (await api.request(IdsWithPrefix, { prefix: text })).idsWithPrefix;
}

function problemOf(text: string, ids: readonly string[]): readonly string[] {
  if (ids.length === 1) return [];
  if (ids.length > 1) {
    const more = ids.length > MOST_NAMED ? ' and more' : '';
    return [`${text} may be ${ids.slice(0, MOST_NAMED).join(', ')}${more}. Write more of the one you mean.`];
  }
  if (text.startsWith('bat_'))
    return [`There is no batch ${text}. Finished ones are forgotten after a while.`];
  if (text.startsWith('job_'))
    return [
      `There is no job ${text}. Finished ones are forgotten after a while; "vramkeeper jobs" lists the others.`,
    ];
  return [`"${text}" is no id: those of jobs begin with job_, those of batches with bat_.`];
}
