/** What can never be loaded: with every instance and every other program gone, in no shape that is allowed. */
import { greatest } from '../../domain/long-lists.ts';
import { formatBytes } from '../../domain/units.ts';
import { asItLoads } from './as-it-loads.ts';
import { withRoomForMargin } from './caution.ts';
import { MUCH_KEPT } from './constants.ts';
import { isHopelessMisfit } from './misfit.ts';
import { fitsEmpty } from './placement.ts';
import { provenShortfall } from './shortfall.ts';
import type { BackendSnapshot, LoadOption, Shortfall } from './snapshot.ts';

export interface Impossible {
  readonly requiredBytes: number;
  /** What the cards hold together when nobody uses them. */
  readonly largestBytes: number;
  /** What is known, and what would help, for people. */
  readonly explanation: string;
}

/**
 * The rule by which jobs are refused at the door, end while they wait, and are told that they will: the least that it needs, of all
 * places where it could be. Null while one of them may load it one day, or has not told enough to say.
 * @param options where it could be, as they are resolved, before anything was held against them
 */
export function impossibleEverywhere(
  options: readonly LoadOption[],
  backends: readonly BackendSnapshot[],
  now: number,
): Impossible | null {
  const found = options.map((option) => {
    const backend = backends.find(({ id }) => id === option.backendId);
    return backend ? impossible(option, backend, now) : null;
  });
  const known = found.filter((one) => one !== null);
  const [first, ...others] = known;
  if (!first || known.length < found.length) return null;
  const smallest = others.reduce((a, b) => (b.requiredBytes < a.requiredBytes ? b : a), first);
  return { ...smallest, largestBytes: greatest(known.map(({ largestBytes }) => largestBytes)) };
}

/**
 * Null when it could be loaded one day, and where whoever runs the server decides what is in its memory. A load that failed a few times may do better later; one that is only predicted to be larger than
 * the cards is impossible by that alone.
 * @param option as it is resolved, before anything was held against it
 */
function impossible(option: LoadOption, backend: BackendSnapshot, now: number): Impossible | null {
  if (backend.gpus.length === 0 || backend.alwaysResident) return null;
  const largestBytes = backend.gpus.reduce((sum, { emptyBytes }) => sum + emptyBytes, 0);
  const choices = [option, ...option.fewerSlots.map((fewer) => ({ ...option, ...fewer }))];
  const causes = choices.map((one) => causeOf(withRoomForMargin(one, backend), backend, largestBytes, now));
  const [first] = causes;
  const last = causes.at(-1);
  if (!first || !last || causes.includes(null)) return null;
  if (option.mayOffload) {
    const inPart = asItLoads(option, [backend], now);
    const proven = inPart.cpuBytes > 0 ? provenShortfall(inPart, backend, now) : null;
    if (inPart.cpuBytes === 0 || !proven) return null;
    return {
      requiredBytes: last.requiredBytes,
      largestBytes,
      explanation: `${option.variant.modelName} ran out of memory ${proven.times} times in a row even partly on the CPU (${clause(proven.message)}). ${helps(option, backend)}`,
    };
  }
  return {
    requiredBytes: last.requiredBytes,
    largestBytes,
    explanation: `${last.why} ${helps(option, backend)}`,
  };
}

function causeOf(
  option: LoadOption,
  backend: BackendSnapshot,
  largestBytes: number,
  now: number,
): { readonly requiredBytes: number; readonly why: string } | null {
  const { variant, footprintBytes, measured } = option;
  const shape = `${variant.modelName} with a context of ${variant.contextLength}`;
  const proven = provenShortfall({ ...option, cpuBytes: 0 }, backend, now);
  if (proven) {
    return {
      requiredBytes: Math.max(footprintBytes, proven.roomBytes + 1),
      why: `${shape} ran out of memory ${proven.times} times in a row, with ${formatBytes(proven.roomBytes)} free for it the last time (${clause(proven.message)}).${explainedBySlots(option, backend, proven)}`,
    };
  }
  if (isHopelessMisfit(option, largestBytes, now)) {
    const { sizeBytes, times } = option.misfit;
    return {
      requiredBytes: Math.max(footprintBytes, sizeBytes),
      why: `${shape} went to the CPU in part ${times} times in a row with nearly all GPU memory free.`,
    };
  }
  if (fitsEmpty(option, backend)) return null;
  return {
    requiredBytes: footprintBytes,
    why: `${shape} ${measured ? 'takes' : 'is predicted to take'} ${formatBytes(footprintBytes)} of GPU memory, and ${backend.name} has ${formatBytes(largestBytes)} when nothing else uses it${kept(backend)}.`,
  };
}

/**
 * Where memory for more slots than was said would be too much for the room that a load had, which is what an attached server's
 * OLLAMA_NUM_PARALLEL does: a sentence of its own; else nothing.
 */
export function explainedBySlots(
  { withMoreSlots, footprintBytes, marginBytes }: LoadOption,
  { name }: Pick<BackendSnapshot, 'name'>,
  { roomBytes }: Pick<Shortfall, 'roomBytes'>,
): string {
  if (footprintBytes - marginBytes > roomBytes) return '';
  const found = withMoreSlots.find(({ bytes }) => bytes > roomBytes);
  if (!found) return '';
  return ` With ${found.slots} slots it would take ${formatBytes(found.bytes)}, which would explain that: if OLLAMA_NUM_PARALLEL of ${name} is ${found.slots} or more, say so by \`parallel\` in the configuration, or set it to 1 there.`;
}

/** What the settings keep of the cards, where that is much of them. */
function kept({ gpus }: BackendSnapshot): string {
  const bytes = gpus.reduce((sum, { totalBytes, emptyBytes }) => sum + totalBytes - emptyBytes, 0);
  const all = gpus.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  if (bytes < MUCH_KEPT * all) return '';
  return ` and ${formatBytes(bytes)} are kept by headroom and reservations of the configuration`;
}

/** A sentence inside of another one. */
function clause(sentence: string): string {
  return sentence.trim().replace(/\.$/, '');
}

function helps(
  { mayOffload, variant, config }: LoadOption,
  { name, oneInstancePerWeights }: BackendSnapshot,
): string {
  const ways = [
    ...(variant.contextLength > 2048 && !variant.embedding ? ['a smaller contextLength'] : []),
    'a smaller quantization or model',
    ...(mayOffload ? [] : ['partialOffload for it in the configuration']),
    ...(oneInstancePerWeights && !variant.embedding
      ? [
          `fewer slots on that server (OLLAMA_NUM_PARALLEL; ${name} is taken to have ${config.parallel}, say otherwise by \`parallel\`)`,
        ]
      : []),
  ];
  return `What would help: ${ways.join(', ')}.`;
}
