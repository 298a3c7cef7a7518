/** Standard output for results, standard error for everything about them. */
import { styleText } from 'node:util';
import { wrapped } from './wrapped.ts';

type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  /** Whether a person sees the results, or the notes, at once. */
  readonly outIsTerminal: boolean;
  readonly notesAreTerminal: boolean;
  /** How wide results may be; null where nobody limits it. */
  readonly columns: number | null;
  /** A result. */
  out(text: string): void;
  /** A result and a line break. */
  outLine(text?: string): void;
  /** Something about the results, on a line of its own; broken between words where that is too long for the terminal. */
  note(text?: string): void;
  /** The same without a line break. */
  noteText(text: string): void;
  style(style: Style, text: string): string;
  noteStyle(style: Style, text: string): string;
}

export function systemTerminal(): Terminal {
  const paint = (stream: NodeJS.WriteStream) => (style: Style, text: string) =>
    stream.isTTY && stream.hasColors() ? styleText(style, text, { validateStream: false }) : text;
  // A reader that has seen enough (`| head`) ends the command, quietly.
  const leave = (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1);
  process.stdout.on('error', leave);
  process.stderr.on('error', () => {});
  return {
    outIsTerminal: process.stdout.isTTY,
    notesAreTerminal: process.stderr.isTTY,
    get columns() {
      return columnsOf(process.stdout);
    },
    out: (text) => void process.stdout.write(text),
    outLine: (text = '') => void process.stdout.write(`${text}\n`),
    note: (text = '') => void process.stderr.write(`${wrapped(text, columnsOf(process.stderr))}\n`),
    noteText: (text) => void process.stderr.write(text),
    style: paint(process.stdout),
    noteStyle: paint(process.stderr),
  };
}

function columnsOf(stream: NodeJS.WriteStream): number | null {
  return stream.columns || Number(process.env.COLUMNS) || null;
}

/** For facts among the notes. */
export function noteStyled(terminal: Terminal): Pick<Terminal, 'style' | 'columns'> {
  return { style: (style, text) => terminal.noteStyle(style, text), columns: terminal.columns };
}
