/** What can never be loaded: with every instance and every stranger gone, in no shape that is allowed. */
import { formatBytes } from '../../domain/units.ts';
import { asItLoads } from './as-it-loads.ts';
import { withRoomForMargin } from './caution.ts';
import { isHopelessMisfit } from './misfit.ts';
import { fitsEmpty } from './placement.ts';
import { provenShortfall } from './shortfall.ts';
import type { BackendSnapshot, LoadOption } from './snapshot.ts';

export interface Impossible {
  readonly requiredBytes: number;
  /** What the cards hold together when nobody uses them. */
  readonly largestBytes: number;
  /** What is known, and what would help, for people. */
  readonly explanation: string;
}

/**
 * Null when it could be loaded one day. A load that failed a few times may do better later; one that is only predicted to be larger than
 * the cards is impossible by that alone.
 * @param option as it is resolved, before anything was held against it
 */
export function impossible(option: LoadOption, backend: BackendSnapshot, now: number): Impossible | null {
  if (backend.gpus.length === 0) return null;
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
      explanation: `${option.variant.modelName} ran out of memory ${proven.times} times in a row even partly on the CPU (${proven.message}). ${helps(option, backend)}`,
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
      why: `${shape} ran out of memory ${proven.times} times in a row, with ${formatBytes(proven.roomBytes)} free for it the last time (${proven.message}).`,
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
    why: `${shape} ${measured ? 'takes' : 'is predicted to take'} ${formatBytes(footprintBytes)} of GPU memory, and ${backend.name} has ${formatBytes(largestBytes)} when nothing else uses it.`,
  };
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
