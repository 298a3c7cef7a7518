/** What the doctor says of the port where programs look for an Ollama: whether jobs that come there go through the queue. */
import { END_OLLAMA, ollamaPortUrl } from '../../app/ollama-port.ts';
import { askOllama } from '../../backend/ollama/answer.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { listenProblem } from './doctor-host.ts';
import type { Finding } from './finding.ts';

const subject = 'takeover';
const USUAL_PORT = 11434;

export async function checkTakeover(
  { host, ollamaPort }: Pick<Config, 'host' | 'ollamaPort'>,
  clock: Clock,
  platform: NodeJS.Platform = process.platform,
): Promise<Finding> {
  if (ollamaPort === undefined || ollamaPort === null)
    return {
      level: 'ok',
      subject,
      text: `programs that use port ${USUAL_PORT} go past the queue. ${howTo(platform)}`,
    };
  const problem = await listenProblem(host, ollamaPort);
  if (problem === null) return { level: 'ok', subject, text: `${host}:${ollamaPort} is free` };
  const url = ollamaPortUrl(host, ollamaPort);
  const answer = await askOllama({ url }, clock);
  if (answer.kind === 'answers')
    return {
      level: 'warn',
      subject,
      text: `an Ollama (${answer.version}), or a vramkeeper that runs now, answers at ${url}. If it is an Ollama, ${END_OLLAMA}.`,
    };
  return {
    level: 'fail',
    subject,
    text: `${host}:${ollamaPort} cannot be listened on (${problem}). End the program that holds it, or use another --ollama-port.`,
  };
}

function howTo(platform: NodeJS.Platform): string {
  const more = 'docs/drop-in.md has more.';
  return platform === 'linux'
    ? `To have them take their turn: sudo systemctl disable --now ollama, then vramkeeper serve --managed --ollama-port ${USUAL_PORT}. ${more}`
    : `To have them take their turn, have Ollama listen elsewhere (OLLAMA_HOST=127.0.0.1:11435), then vramkeeper serve --backend http://127.0.0.1:11435 --ollama-port ${USUAL_PORT}. ${more}`;
}
