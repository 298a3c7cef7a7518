/**
 * What it means when nvidia-smi shows no GPU, or fails after it showed some. The exit codes are those of its manual ("RETURN VALUE");
 * others are NVML's own (nvmlReturn_t), which some versions pass on.
 */
import { GpuProbeError } from './gpu-probe-error.ts';
import type { ToolAnswer } from './nvidia-tool.ts';

interface Outcome {
  /** Any of these exit codes, or a text that says it: versions differ in the code. */
  readonly codes: readonly number[];
  readonly says?: RegExp;
  readonly advice: string;
  /** `unless-on-bus`: there is no GPU, unless the bus shows one that the driver could not bring up. */
  readonly noGpu?: 'unless-on-bus';
}

const BY_HAND = 'Run `nvidia-smi` by hand.';
const IF_NONE = 'If this machine has no NVIDIA GPU, set "probe: none".';

/** The first that fits counts: what is said before the bare code. */
const OUTCOMES: readonly Outcome[] = [
  {
    codes: [],
    says: /version mismatch/i,
    advice: 'The driver was updated while the old one runs: reboot the host.',
  },
  {
    codes: [],
    says: /communicate with the NVIDIA driver|driver (is )?not loaded/i,
    advice: `The driver is not loaded, or not yet: at boot it comes by itself, else look at \`dmesg | grep -i nvidia\`. ${IF_NONE}`,
  },
  {
    codes: [],
    says: /no devices were found/i,
    advice:
      'The bus shows an NVIDIA GPU that the driver could not bring up. Look into the kernel log (`dmesg | grep NVRM`).',
    noGpu: 'unless-on-bus',
  },
  {
    codes: [],
    says: /insufficient permissions|permission denied/i,
    advice: 'Check that this user may open /dev/nvidia*.',
  },
  {
    codes: [2, 13],
    says: /not a valid field|function not found/i,
    advice: 'Install the tools that belong to the driver.',
  },
  { codes: [3], advice: `It does not answer this question for a GPU here. ${BY_HAND}` },
  { codes: [4], advice: 'Check that this user may open /dev/nvidia*.' },
  { codes: [6], advice: `It could not find what it was asked for. ${BY_HAND} ${IF_NONE}` },
  { codes: [8], advice: 'Check the power cables of the GPUs.' },
  {
    codes: [9],
    advice: `The driver is not loaded, or not yet: look at \`dmesg | grep -i nvidia\`. ${IF_NONE}`,
  },
  {
    codes: [10],
    advice: 'The kernel found an interrupt problem of a GPU. Look into `dmesg | grep NVRM`; reboot.',
  },
  {
    codes: [12],
    says: /libnvidia-ml/i,
    advice:
      "The driver's library libnvidia-ml is missing. Install the driver's libraries; a container needs the NVIDIA runtime.",
  },
  {
    codes: [15],
    says: /GPU is lost|fallen off the bus|device handle/i,
    advice: 'A GPU has fallen off the bus. Look into `dmesg | grep NVRM`; reboot.',
  },
  {
    codes: [18],
    advice: 'The driver and its library are of different versions: reboot the host.',
  },
  {
    codes: [126, 127],
    advice: `Check the file: it is a script that could not start the real program, or made for another machine.`,
  },
];

const OTHERWISE: Outcome = {
  codes: [],
  advice: `${BY_HAND} After a driver update the host may need a reboot, and a container the NVIDIA runtime.`,
};

/** The memory of its settings is damaged, which it says each time; its GPU works. */
const WORKS_ALL_THE_SAME: readonly number[] = [0, 14];

const SHOWN_CHARACTERS = 200;

/** Why there is no GPU in an answer. @param isOnBus whether the bus shows an NVIDIA GPU */
export function noGpuShown(binary: string, answer: ToolAnswer, isOnBus: boolean): GpuProbeError {
  switch (answer.kind) {
    case 'absent':
      return new GpuProbeError(
        `There is no ${binary} on the PATH. Install the NVIDIA driver's tools, or set "probe: fixed" with the total of each GPU, or "probe: none".`,
        { noGpu: true },
      );
    case 'refused':
      return new GpuProbeError(
        `${binary} could not be run (${answer.problem}). Check that the file may be executed and is meant for this machine.`,
      );
    case 'ended': {
      const said = saidBy(answer);
      // Of a host without a GPU it says so; nothing at all is an answer that was lost.
      if (said === '' && answer.code === 0)
        return new GpuProbeError(`nvidia-smi lists no GPU, and says nothing else. ${BY_HAND} ${IF_NONE}`);
      const outcome = outcomeOf(answer, said);
      if (outcome.noGpu === 'unless-on-bus' && !isOnBus)
        return new GpuProbeError(`nvidia-smi says: ${said}. Set "probe: none".`, { noGpu: true });
      const failed = answer.code === 0 ? `answered what is not understood` : 'failed';
      return new GpuProbeError(`nvidia-smi ${failed} (${quoted(answer, said)}). ${outcome.advice}`);
    }
    default:
      return answer satisfies never;
  }
}

/** What to say of a run that showed GPUs and failed all the same; null when it did not. */
export function failureBeside(answer: ToolAnswer): string | null {
  if (answer.kind !== 'ended') return null;
  if (answer.code !== null && WORKS_ALL_THE_SAME.includes(answer.code)) return null;
  // The rows that it printed tell nothing of why.
  const said = saidBy({ ...answer, stdout: '' });
  return `nvidia-smi showed GPUs and failed all the same (${quoted(answer, said)}): others may be missing. ${outcomeOf(answer, said).advice}`;
}

function outcomeOf({ code }: Extract<ToolAnswer, { kind: 'ended' }>, said: string): Outcome {
  return (
    OUTCOMES.find(({ says }) => says?.test(said)) ??
    OUTCOMES.find(({ codes }) => code !== null && codes.includes(code)) ??
    OTHERWISE
  );
}

function quoted({ code, signal }: Extract<ToolAnswer, { kind: 'ended' }>, said: string): string {
  const end = code === null ? `ended by ${signal}` : code === 0 ? '' : `exit code ${code}`;
  return [end, said === '' ? '' : `"${said}"`].filter((part) => part !== '').join(': ');
}

/** The line that tells the reason, else the first one: warnings may stand before it. */
function saidBy({ stdout, stderr }: Extract<ToolAnswer, { kind: 'ended' }>): string {
  const lines = `${stderr}\n${stdout}`.split(/\r?\n/).filter((line) => line.trim() !== '');
  const line = lines.find((each) => OUTCOMES.some(({ says }) => says?.test(each))) ?? lines[0] ?? '';
  return shown(line);
}

/** Without its full stop and what a terminal could not show. */
function shown(line: string): string {
  return line
    .replace(/[\p{Cc}\ufffd]/gu, '')
    .trim()
    .slice(0, SHOWN_CHARACTERS)
    .replace(/\.$/, '');
}
