/** `vramkeeper ps`: what is in memory, with the columns of `ollama ps`. */
import type { InMemoryQuery } from '../../client/generated/graphql.ts';
import { InMemory } from '../../client/situation-documents.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { relative, shortRelative } from '../terminal/when.ts';
import { shortDigest } from './list.ts';

type Backend = InMemoryQuery['backends'][number];
type Instance = Backend['instances'][number];

export function listInstances(
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { backends } = await api.request(InMemory, {});
    const held = backends.flatMap(({ instances, ...backend }) =>
      instances.map((instance) => ({ backend: backend.name, hasGpus: backend.gpus.length > 0, instance })),
    );
    if (options.json)
      for (const { backend, instance } of held) terminal.outLine(JSON.stringify({ ...instance, backend }));
    else if (held.length > 0) terminal.outLine(instanceTable(cleaned(held), terminal, clock));
    else terminal.note('No model is in memory.');
    return EXIT.done;
  });
}

interface Held {
  readonly backend: string;
  readonly hasGpus: boolean;
  readonly instance: Instance;
}

function instanceTable(held: readonly Held[], terminal: Terminal, clock: Clock): string {
  const several = new Set(held.map(({ backend }) => backend)).size > 1;
  return fittedTable(
    [
      { head: 'NAME', least: 12 },
      { head: 'ID', rank: 1 },
      { head: 'SIZE', right: true },
      { head: 'PROCESSOR' },
      { head: 'GPU', rank: 4 },
      { head: 'CONTEXT', right: true, rank: 5 },
      { head: 'STATUS', rank: 6 },
      { head: 'JOBS', right: true, rank: 2 },
      { head: 'BACKEND', rank: several ? 3 : 0 },
      { head: 'UNTIL' },
    ],
    held.map(({ backend, hasGpus, instance }) => [
      instance.modelName,
      shortDigest(instance.model?.digest),
      formatBytes(instance.vramBytes),
      processorText(instance, hasGpus),
      instance.gpus.map(({ index }) => index).join('+') || '-',
      String(instance.contextLength),
      instance.status.toLowerCase(),
      `${instance.activeJobs.length}/${instance.parallel}`,
      backend,
      untilText(instance, clock),
    ]),
    terminal.columns,
  );
}

function processorText({ spilled, gpus }: Instance, hasGpus: boolean): string {
  if (!hasGpus || (spilled && gpus.length === 0)) return '100% CPU';
  return spilled ? 'CPU and GPU' : '100% GPU';
}

/** When it leaves memory. */
function untilText(
  { status, pinned, expiresAt, activeJobs }: Instance,
  clock: Clock,
): string | { readonly long: string; readonly short: string } {
  if (status === 'DRAINING' || status === 'UNLOADING') return 'stopping';
  if (pinned) return 'forever';
  if (expiresAt) return { long: relative(expiresAt, clock), short: shortRelative(expiresAt, clock) };
  return activeJobs.length > 0 ? 'in use' : 'room is wanted';
}
