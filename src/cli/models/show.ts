/** `vramkeeper show`: what a model is, in the sections of `ollama show`, and how it stands on this server. */
import type { ApiClient } from '../../client/api-client.ts';
import type { ShowModelQuery } from '../../client/generated/graphql.ts';
import { ShowModel } from '../../client/model-documents.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleanedLines } from '../terminal/text.ts';
import { backendTrouble } from './backend-trouble.ts';
import { MODEL_PARTS, type ModelPart } from './model-parts.ts';
import { type ModelDetails, modelSections, type Section, sectionText } from './model-sections.ts';
import { residentText } from './models.ts';

export interface ShowOptions extends ConnectionOptions, Partial<Record<ModelPart, boolean>> {
  readonly verbose?: boolean;
  readonly json?: boolean;
}

type ShownModel = NonNullable<ShowModelQuery['model']>;

export function showModel(name: string, options: ShowOptions, terminal: Terminal): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { model } = await api.request(ShowModel, { name, verbose: options.verbose ?? false });
    if (!model) throw await notThere(api, name);
    const { details } = model;
    const part = Object.keys(MODEL_PARTS).find((one) => options[one as ModelPart]) as ModelPart | undefined;
    if (details.__typename !== 'ModelDetails') {
      // What this server knows by itself is told all the same.
      if (!part) terminal.outLine(report(model, null, options, terminal));
      terminal.note(details.message);
      return EXIT.failed;
    }
    terminal.outLine(
      part ? partText(details[part] ?? '', terminal) : report(model, details, options, terminal),
    );
    return EXIT.done;
  });
}

/** A file gets it as it is. */
function partText(text: string, terminal: Terminal): string {
  return terminal.outIsTerminal ? cleanedLines(text).join('\n') : text;
}

async function notThere(api: ApiClient, name: string): Promise<CommandError> {
  const { isTotal, lines } = await backendTrouble(api);
  const first = isTotal
    ? `Whether there is a model named "${name}" cannot be told:`
    : `No backend${lines.length > 0 ? ' that answers' : ''} has a model named "${name}". "vramkeeper models" lists those that there are.`;
  return new CommandError([first, ...lines].join('\n'));
}

function report(
  model: ShownModel,
  details: ModelDetails | null,
  { json = false, verbose = false }: ShowOptions,
  terminal: Terminal,
): string {
  if (json) return JSON.stringify(model, null, 2);
  return [...modelSections(model, details, verbose), serverSection(model)]
    .filter(({ rows }) => rows.length > 0)
    .map((section) => sectionText(section, terminal.columns))
    .join('\n\n');
}

function serverSection(model: ShownModel): Section {
  const { vramEstimate } = model;
  return {
    head: 'On this server',
    rows: [
      ['name', model.name],
      ['digest', model.digest],
      ['size on disk', formatBytes(model.diskBytes)],
      ...(vramEstimate
        ? [
            [
              'VRAM',
              `${formatBytes(vramEstimate.bytes)} (${vramEstimate.measured ? 'measured' : 'predicted'})`,
            ],
          ]
        : []),
      ['backends', model.backends.map(({ name, url }) => `${name} (${url})`).join(', ')],
      ...model.instances.map((one) => [
        'in memory',
        `${residentText(one)}, ${one.contextLength} tokens a slot, ${formatBytes(one.vramBytes)}`,
      ]),
    ],
  };
}
