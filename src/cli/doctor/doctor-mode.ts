/** What the doctor says of the two ways to run Ollama: which one is in use, why, and what the other would give. */

import { type Circumstances, lookAround, type Settled, settleBackends } from '../../app/choose-backends.ts';
import { askOllama, isHere } from '../../backend/ollama/answer.ts';
import { strayAt, strayUrl } from '../../backend/ollama/stray-ollama.ts';
import type { Clock } from '../../clock.ts';
import { type Config, type LoadedConfig, ownProcesses } from '../../config/config.ts';
import { messageOf } from '../../domain/errors.ts';
import { isOlderThan } from '../../domain/version.ts';
import { versionText } from './doctor-managed.ts';
import type { Finding } from './finding.ts';

const subject = 'mode';

/**
 * An outside scheduler on one Ollama against the same scheduler with a process for each model, on a real server: seconds for a backlog, and
 * mean time from arrival to result. The runs are in docs/managed.md.
 */
export const MEASURED_GAIN = { backlog: '1.4 to 1.7', arrivals: '3.1 to 3.6' } as const;

/** From this version on it was measured, and bound to its cards. A build from source calls itself 0.0.0. */
const RECOMMENDED = '0.30';

export async function checkMode(
  config: LoadedConfig,
  clock: Clock,
): Promise<{ readonly config: Config; readonly findings: readonly Finding[] }> {
  const around = await lookAround(config.ollama, clock);
  try {
    const settled = await settleBackends(config, async () => around);
    const findings = [{ level: 'ok', subject, text: settled.line } as const, other(settled, around)];
    return { config: settled.config, findings: [...findings, ...(await strays(settled, clock))] };
  } catch (error) {
    return {
      config: { ...config, backends: [] },
      findings: [{ level: 'fail', subject, text: messageOf(error) }],
    };
  }
}

/** What the way that is not in use would give. */
function other({ config, line }: Settled, { platform, program }: Circumstances): Finding {
  const { backlog, arrivals } = MEASURED_GAIN;
  const attached = config.backends.filter((backend) => !ownProcesses(backend));
  if (attached.length === 0)
    return {
      level: 'ok',
      subject,
      text: `an attached Ollama (--backend URL) would serve other programs, too. For that it has one queue and loads one model at a time: the measured backlogs took ${backlog} times as long there, and jobs that came one by one ${arrivals} times as long.`,
    };
  if (!attached.some(({ url }) => isHere(url)))
    return { level: 'ok', subject, text: 'a managed Ollama would use the GPUs of this machine.' };
  if (platform !== 'linux')
    return { level: 'ok', subject, text: `a managed Ollama needs Linux; this is ${platform}.` };
  if (program.kind === 'unusable') {
    const gain = `with its program on this machine a managed Ollama would run a process for every model in memory: on a real server the same backlogs were done ${backlog} times as fast so.`;
    const isSaid = line.includes(program.problem);
    return { level: 'ok', subject, text: isSaid ? gain : `${gain} ${program.problem}` };
  }
  const { path, version } = program;
  if (version === null || !isRecommended(version))
    return {
      level: 'ok',
      subject,
      text: `a managed Ollama is recommended from ${RECOMMENDED} on; ${path} is ${versionText(version)}.`,
    };
  return {
    level: 'warn',
    subject,
    text: `${path} (${versionText(version)}) can be managed: a process for every model in memory. On a real server the same backlogs were done ${backlog} times as fast so, and jobs that came one by one ${arrivals} times as fast. End the Ollama that runs and start "vramkeeper serve --managed"; docs/managed.md has the way there and back.`,
  };
}

function isRecommended(version: string): boolean {
  return !isOlderThan(version, RECOMMENDED);
}

async function strays({ config }: Settled, clock: Clock): Promise<readonly Finding[]> {
  const url = strayUrl(config);
  if (url === null) return [];
  const stray = strayAt(url, await askOllama({ url }, clock));
  return stray ? [{ level: 'warn', subject, text: stray.problem }] : [];
}
