/** `vramkeeper batch list` and `keep`. */
import type { ApiClient } from '../../client/api-client.ts';
import type { ListBatchesQuery } from '../../client/generated/graphql.ts';
import { KeepBatch, ListBatches } from '../../client/job-documents.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import { shortId } from '../terminal/short-id.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { relative, shortRelative } from '../terminal/when.ts';
import { findIds } from './ids.ts';

type ListedBatch = ListBatchesQuery['batches']['nodes'][number];

export interface BatchesOptions extends ConnectionOptions {
  readonly kind?: string;
  readonly of?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** As many as the server lists at once with the ends that it expects. */
const PAGE = 25;

export function listBatches(
  options: BatchesOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { batches, totalCount } = await newestBatches(api, options);
    if (options.json) for (const batch of batches) terminal.outLine(JSON.stringify(batch));
    else if (batches.length > 0) terminal.outLine(table(batches, terminal, clock));
    if (options.json) return EXIT.done;
    if (totalCount === 0) terminal.note('No batches.');
    else if (batches.length < totalCount)
      terminal.note(`The newest ${batches.length} of ${totalCount} batches; --limit shows more.`);
    return EXIT.done;
  });
}

async function newestBatches(
  api: ApiClient,
  { kind, limit, of }: Pick<BatchesOptions, 'kind' | 'limit' | 'of'>,
): Promise<{ readonly batches: readonly ListedBatch[]; readonly totalCount: number }> {
  const batches: ListedBatch[] = [];
  for (let after: string | null = null; ; ) {
    const first = Math.min(PAGE, limit - batches.length);
    const page: ListBatchesQuery['batches'] = (
      await api.request(ListBatches, { first, after, kind: kind ?? null, client: of ?? null })
    ).batches;
    for (const batch of page.nodes) batches.push(batch);
    after = page.pageInfo.endCursor ?? null;
    if (!page.pageInfo.hasNextPage || batches.length >= limit)
      return { batches, totalCount: page.totalCount };
  }
}

function table(batches: readonly ListedBatch[], { columns, style }: Terminal, clock: Clock): string {
  return fittedTable(
    [
      { head: 'ID' },
      { head: 'NAME', least: 12 },
      { head: 'DONE', right: true },
      { head: 'FAILED', right: true, rank: 1 },
      { head: 'END', rank: 2 },
      { head: 'CLIENT', rank: 4 },
      { head: 'SUBMITTED', rank: 5 },
      { head: 'KEPT', rank: 3 },
    ],
    cleaned(batches).map(({ client, counts, createdAt, expectedEnd, finishedAt, id, kept, name }) => [
      { long: id, short: shortId(id) },
      name ?? '-',
      `${counts.complete + counts.failed + counts.cancelled}/${counts.total}`,
      counts.failed > 0 ? style('red', String(counts.failed)) : '-',
      finishedAt ? 'ended' : expectedEnd ? relative(expectedEnd, clock) : '-',
      client,
      { long: relative(createdAt, clock), short: shortRelative(createdAt, clock) },
      kept ? 'yes' : '-',
    ]),
    columns,
  );
}

export function keepBatches(
  texts: readonly string[],
  options: ConnectionOptions & { readonly letGo?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const keep = !options.letGo;
  return connected(options, terminal, async (api) => {
    const meant = await findIds(api, texts);
    const job = meant.find(({ kind }) => kind === 'job');
    if (job) throw new CommandError(`${job.id} is a job; only batches are kept.`);
    for (const { id } of meant) {
      const { updateBatch } = await api.request(KeepBatch, { input: { id, keep } });
      if (updateBatch.__typename !== 'UpdateBatchPayload') throw new CommandError(updateBatch.message);
      terminal.outLine(`${id} ${keep ? 'is kept until it is let go' : 'is forgotten after the usual time'}.`);
    }
    return EXIT.done;
  });
}
