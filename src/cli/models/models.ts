/** `vramkeeper models`. */
import type { ApiClient } from '../../client/api-client.ts';
import type { ModelTableQuery } from '../../client/generated/graphql.ts';
import { ModelTable } from '../../client/model-documents.ts';
import { append } from '../../domain/long-lists.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { backendTrouble } from './backend-trouble.ts';

export interface ModelsOptions extends ConnectionOptions {
  readonly json?: boolean;
}

type ListedModel = ModelTableQuery['models']['nodes'][number];

export async function listModels(options: ModelsOptions, terminal: Terminal): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const models = await listedModels(api);
    if (options.json) for (const model of models) terminal.outLine(JSON.stringify(model));
    else if (models.length === 0) return sayNoModels(api, terminal);
    else terminal.outLine(modelTable(cleaned(models), terminal));
    return EXIT.done;
  });
}

/** Fails where nobody can tell, because no backend answers. */
export async function sayNoModels(api: ApiClient, terminal: Terminal): Promise<ExitCode> {
  const trouble = await backendTrouble(api);
  if (!trouble.isTotal) terminal.note('No models. Fetch one with "vramkeeper pull NAME".');
  for (const line of trouble.lines) terminal.note(line);
  return trouble.isTotal ? EXIT.failed : EXIT.done;
}

export async function listedModels(api: ApiClient): Promise<readonly ListedModel[]> {
  const models: ListedModel[] = [];
  let after: string | null = null;
  do {
    const { models: page }: ModelTableQuery = await api.request(ModelTable, { after });
    append(models, page.nodes);
    after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
  } while (after !== null);
  return models;
}

function modelTable(models: readonly ListedModel[], terminal: Terminal): string {
  return fittedTable(
    [
      { head: 'NAME', least: 12 },
      { head: 'SIZE', right: true, rank: 3 },
      { head: 'QUANTIZATION', rank: 1 },
      { head: 'CONTEXT', right: true, rank: 2 },
      { head: 'VRAM', right: true },
      { head: 'RESIDENT', least: 12 },
    ],
    models.map((model) => [
      model.name,
      formatBytes(model.diskBytes),
      model.quantization ?? '-',
      model.contextLength ? String(model.contextLength) : '-',
      estimateText(model.vramEstimate),
      {
        long: model.instances.map(residentText).join(', ') || '-',
        short: model.instances.map(statusText).join(', ') || '-',
      },
    ]),
    terminal.columns,
  );
}

/** What was not measured yet is marked as a guess. */
function estimateText(estimate: ListedModel['vramEstimate']): string {
  if (!estimate) return '-';
  return `${estimate.measured ? '' : '~'}${formatBytes(estimate.bytes)}`;
}

type Resident = ListedModel['instances'][number];

export function residentText(instance: Resident): string {
  return `${instance.backend?.name ?? 'nowhere'} (${statusText(instance)})`;
}

function statusText({ status, pinned }: Resident): string {
  return `${status.toLowerCase()}${pinned ? ', pinned' : ''}`;
}
