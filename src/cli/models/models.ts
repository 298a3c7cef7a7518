/** `vramkeeper models` and `show`. */
import type { ApiClient } from '../../client/api-client.ts';
import type { ModelTableQuery, ShowModelQuery } from '../../client/generated/graphql.ts';
import { ModelTable, ShowModel } from '../../client/model-documents.ts';
import { append } from '../../domain/long-lists.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { backendTrouble } from './backend-trouble.ts';

export interface ModelsOptions extends ConnectionOptions {
  readonly json?: boolean;
}

type ListedModel = ModelTableQuery['models']['nodes'][number];
type ShownModel = NonNullable<ShowModelQuery['model']>;

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

function residentText(instance: Resident): string {
  return `${instance.backend?.name ?? 'nowhere'} (${statusText(instance)})`;
}

function statusText({ status, pinned }: Resident): string {
  return `${status.toLowerCase()}${pinned ? ', pinned' : ''}`;
}

export async function showModel(name: string, options: ModelsOptions, terminal: Terminal): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { model } = await api.request(ShowModel, { name });
    if (!model) throw await notThere(api, name);
    terminal.outLine(options.json ? JSON.stringify(model, null, 2) : modelReport(model));
    return EXIT.done;
  });
}

async function notThere(api: ApiClient, name: string): Promise<CommandError> {
  const { isTotal, lines } = await backendTrouble(api);
  const first = isTotal
    ? `Whether there is a model named "${name}" cannot be told:`
    : `No backend${lines.length > 0 ? ' that answers' : ''} has a model named "${name}". "vramkeeper models" lists those that there are.`;
  return new CommandError([first, ...lines].join('\n'));
}

function modelReport(model: ShownModel): string {
  const rows: [string, string | null | undefined][] = [
    ['model', model.name],
    ['digest', model.digest],
    ['size on disk', formatBytes(model.diskBytes)],
    ['family', model.family],
    ['parameters', model.parameterSize],
    ['quantization', model.quantization],
    ['trained context', model.contextLength ? `${model.contextLength} tokens` : null],
    ['capabilities', model.capabilities.map((one) => one.toLowerCase()).join(', ')],
    [
      'VRAM',
      model.vramEstimate &&
        `${formatBytes(model.vramEstimate.bytes)} (${model.vramEstimate.measured ? 'measured' : 'predicted'})`,
    ],
    ['backends', model.backends.map(({ name, url }) => `${name} (${url})`).join(', ')],
    ...model.instances.map((one): [string, string] => [
      'in memory',
      `${residentText(one)}, ${one.contextLength} tokens a slot, ${formatBytes(one.vramBytes)}`,
    ]),
  ];
  return rows.flatMap(([label, value]) => (value ? `${label.padEnd(16)} ${value}` : [])).join('\n');
}
