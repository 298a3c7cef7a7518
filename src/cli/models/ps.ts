/** `vramkeeper ps`: what is in memory, with the columns of `ollama ps`. */
import type { InMemoryQuery } from '../../client/generated/graphql.ts';
import { InMemory } from '../../client/situation-documents.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import { humanTime } from '../terminal/human-time.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
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
      instances.map((instance) => ({ backend: backend.name, instance })),
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
  readonly instance: Instance;
}

function instanceTable(held: readonly Held[], terminal: Terminal, clock: Clock): string {
  const several = new Set(held.map(({ backend }) => backend)).size > 1;
  return fittedTable(
    [
      { head: 'NAME', least: 12 },
      { head: 'ID', rank: 5 },
      { head: 'SIZE', right: true, rank: 8 },
      { head: 'PROCESSOR' },
      { head: 'CONTEXT', right: true, rank: 7 },
      { head: 'UNTIL' },
      { head: 'STATUS', rank: 4 },
      { head: 'JOBS', right: true, rank: 2 },
      { head: 'GPU', rank: 1 },
      { head: 'BACKEND', rank: several ? 3 : 0 },
    ],
    held.map(({ backend, instance }) => [
      instance.modelName,
      shortDigest(instance.model?.digest),
      formatBytes(instance.memory.bytes),
      processorText(instance.memory),
      String(instance.contextLength),
      untilText(instance, clock),
      instance.status.toLowerCase(),
      `${instance.activeJobs.length}/${instance.parallel}`,
      instance.gpus.map(({ index }) => index).join('+') || '-',
      backend,
    ]),
    terminal.columns,
  );
}

/** In the words of `ollama ps`. */
export function processorText({ bytes, gpuBytes }: Instance['memory']): string {
  if (gpuBytes === 0) return '100% CPU';
  if (gpuBytes === bytes) return '100% GPU';
  if (gpuBytes > bytes) return 'Unknown';
  const percent = Math.round(((bytes - gpuBytes) / bytes) * 100);
  return `${percent}%/${100 - percent}% CPU/GPU`;
}

/** When it leaves memory: in the words of `ollama ps`, but where it stays for as long as nobody wants its memory. */
function untilText({ status, pinned, expiresAt, keepAlive }: Instance, clock: Clock): string {
  if (status === 'DRAINING' || status === 'UNLOADING') return 'Stopping...';
  if (pinned) return 'Forever';
  if (expiresAt) return humanTime(expiresAt, clock);
  if (typeof keepAlive !== 'number') return 'room is wanted';
  // It counts from the end of its last job, which is not before now.
  return humanTime(clock.now() + keepAlive, clock);
}
