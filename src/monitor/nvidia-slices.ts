/** MIG slices in the long answer of `nvidia-smi -q`, the only one that tells their memory. */
import type { ForeignProcess } from '../domain/gpu.ts';
import { MiB } from '../domain/units.ts';
import { processName } from './nvidia-output.ts';

export const SLICE_QUERY = ['-q'];

/** A GPU instance. Its compute instances, if it has several, share its memory. */
export interface NvidiaSlice {
  readonly instanceId: number;
  /** Without the part that the driver reserves. */
  readonly totalBytes: number;
  /** Null when the driver does not tell. */
  readonly usedBytes: number | null;
  readonly processes: readonly ForeignProcess[];
}

interface Entry {
  readonly indent: number;
  readonly key: string;
  /** Empty for the heading of a group. */
  readonly value: string;
}

/** The slices of each GPU by the GPU's UUID; slices whose size the driver does not tell are left out. */
export function parseSlices(text: string): ReadonlyMap<string, readonly NvidiaSlice[]> {
  const cards = text.split(/^GPU [0-9A-Fa-f]+:/m).slice(1);
  return new Map(
    cards.flatMap((card) => {
      const entries = card.split(/\r?\n/).flatMap(entryOf);
      const uuid = lookUp(entries, 'GPU UUID');
      return uuid ? [[uuid, slicesOf(entries)]] : [];
    }),
  );
}

function entryOf(line: string): readonly Entry[] {
  const match = /^(\s+)(\S.*?)\s*(?: : (.*))?$/.exec(line);
  const [, space = '', key = '', value = ''] = match ?? [];
  return match ? [{ indent: space.length, key, value: value.trim() }] : [];
}

function slicesOf(entries: readonly Entry[]): readonly NvidiaSlice[] {
  const processes = processesOf(entries);
  const slices = new Map<number, NvidiaSlice>();
  for (const device of groups(entries, /^MIG Device$/)) {
    const instanceId = wholeNumber(lookUp(device, 'GPU Instance ID'));
    const [memory = []] = groups(device, /^(Shared )?FB Memory Usage$/);
    const totalBytes = mebibytes(lookUp(memory, 'Total'));
    if (instanceId === null || !totalBytes || slices.has(instanceId)) continue;
    slices.set(instanceId, {
      instanceId,
      totalBytes: Math.max(0, totalBytes - (mebibytes(lookUp(memory, 'Reserved')) ?? 0)),
      usedBytes: mebibytes(lookUp(memory, 'Used')),
      processes: processes.get(instanceId) ?? [],
    });
  }
  return [...slices.values()];
}

/** By GPU instance. The lines of a process follow the one that names its instance, at the same depth. */
function processesOf(entries: readonly Entry[]): ReadonlyMap<number, readonly ForeignProcess[]> {
  const [listed = []] = groups(entries, /^Processes$/);
  const starts = listed.flatMap(({ key }, place) => (key === 'GPU instance ID' ? [place] : []));
  const found = starts.flatMap((start, place) => {
    const lines = listed.slice(start, starts[place + 1]);
    const instanceId = wholeNumber(lookUp(lines, 'GPU instance ID'));
    const pid = wholeNumber(lookUp(lines, 'Process ID'));
    const bytes = mebibytes(lookUp(lines, 'Used GPU Memory'));
    if (instanceId === null || pid === null || bytes === null) return [];
    return [{ instanceId, process: { pid, name: processName(lookUp(lines, 'Name') ?? ''), bytes } }];
  });
  const byInstance = Map.groupBy(found, ({ instanceId }) => instanceId);
  return new Map([...byInstance].map(([id, all]) => [id, all.map(({ process }) => process)]));
}

/** What stands below each heading: the lines after it that are indented deeper. */
function groups(entries: readonly Entry[], heading: RegExp): readonly (readonly Entry[])[] {
  return entries.flatMap(({ key, value, indent }, place) => {
    if (value !== '' || !heading.test(key)) return [];
    const following = entries.slice(place + 1);
    const end = following.findIndex((entry) => entry.indent <= indent);
    return [end < 0 ? following : following.slice(0, end)];
  });
}

function lookUp(entries: readonly Entry[], key: string): string | undefined {
  return entries.find((entry) => entry.key === key)?.value;
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

function mebibytes(text: string | undefined): number | null {
  const match = /^(\d+) MiB$/.exec(text ?? '');
  return match ? Number(match[1]) * MiB : null;
}
