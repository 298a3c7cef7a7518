/** `vramkeeper models` and `show`. */
import type { ApiClient } from '../client/api-client.ts';
import type { ModelTableQuery, ShowModelQuery } from '../client/generated/graphql.ts';
import { ModelTable, ShowModel } from '../client/model-documents.ts';
import { append } from '../domain/long-lists.ts';
import { formatBytes } from '../domain/units.ts';
import { backendTrouble } from './backend-trouble.ts';
import { type ConnectionOptions, connected } from './connection.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface ModelsOptions extends ConnectionOptions {
  readonly json?: boolean;
}

type ListedModel = ModelTableQuery['models']['nodes'][number];
type ShownModel = NonNullable<ShowModelQuery['model']>;

export async function listModels(options: ModelsOptions, terminal: Terminal): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const models = await allModels(api);
    if (options.json) for (const model of models) terminal.outLine(JSON.stringify(model));
    else if (models.length > 0) terminal.outLine(modelTable(models));
    if (options.json || models.length > 0) return EXIT.done;
    const trouble = await backendTrouble(api);
    if (!trouble.isTotal) terminal.note('No models. Fetch one with "vramkeeper pull NAME".');
    for (const line of trouble.lines) terminal.note(line);
    return trouble.isTotal ? EXIT.failed : EXIT.done;
  });
}

async function allModels(api: ApiClient): Promise<readonly ListedModel[]> {
  const models: ListedModel[] = [];
  let after: string | null = null;
  do {
    const { models: page }: ModelTableQuery = await api.request(ModelTable, { after });
    append(models, page.nodes);
    after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
  } while (after !== null);
  return models;
}

function modelTable(models: readonly ListedModel[]): string {
  return table(
    ['NAME', 'SIZE', 'QUANTIZATION', 'CONTEXT', 'VRAM', 'RESIDENT'],
    models.map((model) => [
      model.name,
      formatBytes(model.diskBytes),
      model.quantization ?? '-',
      model.contextLength ? String(model.contextLength) : '-',
      estimateText(model.vramEstimate),
      model.instances.map(residentText).join(', ') || '-',
    ]),
    [1, 3, 4],
  );
}

/** What was not measured yet is marked as a guess. */
function estimateText(estimate: ListedModel['vramEstimate']): string {
  if (!estimate) return '-';
  return `${estimate.measured ? '' : '~'}${formatBytes(estimate.bytes)}`;
}

function residentText({ backend, status, pinned }: ListedModel['instances'][number]): string {
  return `${backend?.name ?? 'nowhere'} (${status.toLowerCase()}${pinned ? ', pinned' : ''})`;
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
