import { runCommand } from '../../../src/cli/program.ts';
import type { Terminal } from '../../../src/cli/terminal/terminal.ts';

/** `vramkeeper simulate` in this process: it needs nothing outside. */
export async function runSimulated(args: readonly string[], columns: number | null = null) {
  let out = '';
  let notes = '';
  const terminal: Terminal = {
    outIsTerminal: false,
    notesAreTerminal: false,
    columns,
    out: (text) => {
      out += text;
    },
    outLine: (text = '') => {
      out += `${text}\n`;
    },
    note: (text = '') => {
      notes += `${text}\n`;
    },
    noteText: (text) => {
      notes += text;
    },
    style: (_, text) => text,
    noteStyle: (_, text) => text,
  };
  const code = await runCommand(['simulate', ...args], '0.0.0', terminal);
  return { code, out, notes };
}
