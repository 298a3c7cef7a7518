/** What the server advises, for a person at a terminal: it names operations of its API, a person types commands. */

/** Operations of the API that a sentence of the server may name, and the commands that do the same. */
const COMMANDS: Readonly<Record<string, string>> = {
  pauseScheduler: 'pause',
  resumeScheduler: 'resume',
};

const OPERATION = new RegExp(`\\b(${Object.keys(COMMANDS).join('|')})\\b`, 'g');

export function inCommandWords(sentence: string): string {
  return sentence.replace(OPERATION, (name) => `"vramkeeper ${COMMANDS[name]}"`);
}
