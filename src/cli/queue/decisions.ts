/** `vramkeeper decisions`: what the scheduler did, and why. */
import type { ApiClient } from '../../client/api-client.ts';
import type { DecisionFilter, DecisionKind, DecisionsQuery } from '../../client/generated/graphql.ts';
import { Decisions } from '../../client/situation-documents.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { append } from '../../domain/long-lists.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode, UsageError } from '../exit.ts';
import { findId } from '../jobs/ids.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned, clockTime } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';
import { DECISION_STYLE, decisionName } from './decision-name.ts';

export interface DecisionsOptions extends ConnectionOptions {
  readonly kind?: readonly string[];
  readonly model?: string;
  readonly job?: string;
  readonly limit: number;
  readonly json?: boolean;
}

type Decision = DecisionsQuery['decisions']['nodes'][number];

const KINDS = Object.keys(DECISION_STYLE) as readonly DecisionKind[];
const LARGEST_PAGE = 100;
const DAY_MS = 86_400_000;

export async function listDecisions(
  options: DecisionsOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const kinds = options.kind?.map(parseKind);
  return connected(options, terminal, async (api) => {
    const { decisions, totalCount } = await newest(
      api,
      {
        ...(kinds?.length ? { kinds } : {}),
        ...(options.model === undefined ? {} : { model: options.model }),
        ...(options.job === undefined ? {} : { jobId: await jobIdOf(api, options.job) }),
      },
      options.limit,
    );
    if (options.json) for (const each of decisions) terminal.outLine(JSON.stringify(each));
    else for (const each of cleaned(decisions)) terminal.outLine(decisionText(each, terminal, clock));
    if (!options.json && totalCount === 0) terminal.note('Nothing was decided that is still remembered.');
    if (!options.json && decisions.length < totalCount)
      terminal.note(`The newest ${decisions.length} of ${totalCount} decisions; --limit shows more.`);
    return EXIT.done;
  });
}

async function newest(
  api: ApiClient,
  filter: DecisionFilter,
  limit: number,
): Promise<{ readonly decisions: readonly Decision[]; readonly totalCount: number }> {
  const decisions: Decision[] = [];
  let after: string | null = null;
  let totalCount = 0;
  do {
    const first = Math.min(LARGEST_PAGE, limit - decisions.length);
    const { decisions: page }: DecisionsQuery = await api.request(Decisions, { first, after, filter });
    append(decisions, page.nodes);
    totalCount = page.totalCount;
    after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
  } while (after !== null && decisions.length < limit);
  return { decisions, totalCount };
}

async function jobIdOf(api: ApiClient, text: string): Promise<string> {
  const { kind, id } = await findId(api, text);
  if (kind === 'batch') throw new CommandError(`${id} is a batch; --job takes the id of a job.`);
  return id;
}

/** By its name here or in the API. */
function parseKind(text: string): DecisionKind {
  const word = text.toUpperCase().replaceAll('-', '_');
  const found = KINDS.find((kind) => kind === word || decisionName(kind) === word);
  if (!found) {
    const names = KINDS.map((kind) => decisionName(kind).toLowerCase()).join(', ');
    throw new UsageError(`"${text}" is no kind of decision. Use ${names}.`);
  }
  return found;
}

const KIND_WIDTH = 10;

/** The reason is never cut: it goes on below where the line is full. */
function decisionText(
  { at, kind, modelName, explanation }: Decision,
  terminal: Terminal,
  clock: Clock,
): string {
  const isOld = clock.now() - Date.parse(at) >= DAY_MS;
  const when = isOld ? `${at.slice(0, 10)} ${clockTime(at)}` : clockTime(at);
  const what = terminal.style(DECISION_STYLE[kind], decisionName(kind).padEnd(KIND_WIDTH));
  const why = modelName ? `${modelName}: ${explanation}` : explanation;
  return wrapped(`${when}  ${what}${why}`, terminal.columns, when.length + 2);
}
