/** What `vramkeeper simulate` was asked to do, from its flags. */

import { messageOf } from '../../domain/errors.ts';
import { parseBytes } from '../../domain/units.ts';
import {
  isPolicyName,
  isWorkloadName,
  type MachineSettings,
  POLICY_NAMES,
  type PolicyName,
  SERVER_KINDS,
  type ServerKind,
  USUAL_MACHINE,
  WORKLOAD_NAMES,
  type WorkloadName,
} from '../../simulator/index.ts';
import { UsageError } from '../exit.ts';

export interface SimulateFlags {
  readonly policy?: readonly string[];
  readonly server: string;
  readonly workload?: string;
  readonly trace?: string;
  /** True: the usual one. */
  readonly fromServer?: string | true;
  readonly key?: string;
  readonly jobs?: number;
  readonly rate?: number;
  readonly models?: number;
  readonly zipf: number;
  readonly priorities: string;
  readonly gpu?: readonly string[];
  readonly moreGpu?: readonly string[];
  readonly p95?: number;
  readonly parallel: number;
  readonly alpha: number;
  readonly seed: number;
  readonly seeds: number;
  readonly json?: boolean;
  readonly report?: string;
}

export const ALL_POLICIES = 'all';

/** Without a name the policy of this project; each once. @throws UsageError */
export function policiesOf(names: readonly string[] = ['vramkeeper']): readonly PolicyName[] {
  const chosen = names.flatMap((name) => (name === ALL_POLICIES ? POLICY_NAMES : [policyOf(name)]));
  return [...new Set(chosen)];
}

function policyOf(name: string): PolicyName {
  if (isPolicyName(name)) return name;
  throw new UsageError(`"${name}" is no policy. Use ${POLICY_NAMES.join(', ')} or ${ALL_POLICIES}.`);
}

/** @throws UsageError */
export function serverKindOf(name: string): ServerKind {
  const kind = SERVER_KINDS.find((each) => each === name);
  if (!kind)
    throw new UsageError(
      `"${name}" is no kind of server. Use attached (one Ollama) or managed (a process for each model).`,
    );
  return kind;
}

/** @throws UsageError */
export function workloadNameOf(name: string): WorkloadName {
  if (isWorkloadName(name)) return name;
  throw new UsageError(`"${name}" is no workload. Use ${WORKLOAD_NAMES.join(', ')}.`);
}

/** @throws UsageError */
export function prioritiesOf(text: string): 'equal' | 'mixed' {
  if (text === 'equal' || text === 'mixed') return text;
  throw new UsageError(`"${text}" says nothing about priorities. Use equal or mixed.`);
}

/** @throws UsageError */
export function machineOf({
  gpu,
  parallel,
  alpha,
}: Pick<SimulateFlags, 'gpu' | 'parallel' | 'alpha'>): MachineSettings {
  if (alpha > 1)
    throw new UsageError(
      `--alpha ${alpha} is too much: work side by side would be done sooner than alone. Use a number from above 0 to 1.`,
    );
  const gpuBytes = gpu?.map(cardBytes('--gpu')) ?? USUAL_MACHINE.gpuBytes;
  return { ...USUAL_MACHINE, gpuBytes, slots: parallel, batchExponent: alpha };
}

/** The machine with the cards of --more-gpu as well; null where there are none. @throws UsageError */
export function largerMachineOf(
  machine: MachineSettings,
  { moreGpu }: Pick<SimulateFlags, 'moreGpu'>,
): MachineSettings | null {
  return moreGpu
    ? { ...machine, gpuBytes: [...machine.gpuBytes, ...moreGpu.map(cardBytes('--more-gpu'))] }
    : null;
}

function cardBytes(flag: string): (text: string) => number {
  return (text) => {
    try {
      const bytes = parseBytes(text);
      if (bytes > 0) return bytes;
    } catch (error) {
      throw new UsageError(`${flag}: ${messageOf(error)}`, { cause: error });
    }
    throw new UsageError(
      `${flag}: ${text} is no card. Write its memory, such as 24GiB; again for more cards.`,
    );
  };
}
