/** An answer on the screen: a status while there is none, then its words as they come. */
import type { OutputPiece } from '../jobs/output-track.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wrapped } from '../terminal/wrapped.ts';
import { WordWrap } from './word-wrap.ts';

const ESCAPE = '\u001b';

export interface ViewOptions {
  readonly hideThinking: boolean;
  readonly wordWrap: boolean;
}

export class AnswerView {
  /** May change between two pieces. */
  options: ViewOptions;
  readonly #terminal: Terminal;
  readonly #wrap: WordWrap;
  /** As it stands on the screen; empty where none does. */
  #status = '';
  #channel: OutputPiece['channel'] | null = null;
  #openLine = false;

  constructor(terminal: Terminal, options: ViewOptions) {
    this.#terminal = terminal;
    this.options = options;
    this.#wrap = new WordWrap(() => (this.options.wordWrap ? terminal.columns : null));
  }

  /** Whether a person sees what changes in its place. */
  get isWatched(): boolean {
    return this.#terminal.notesAreTerminal;
  }

  /** In place of the one before. Only where a person watches, and no text has begun. */
  status(text: string): void {
    if (!this.#terminal.notesAreTerminal || this.#openLine) return;
    const columns = this.#terminal.columns;
    // The cursor stands behind it.
    const lines = wrapped(text, columns === null ? null : columns - 1);
    if (lines === this.#status) return;
    this.clearStatus();
    this.#terminal.noteText(
      lines
        .split('\n')
        .map((line) => this.#terminal.noteStyle('dim', line))
        .join('\n'),
    );
    this.#status = lines;
  }

  clearStatus(): void {
    if (this.#status === '') return;
    const above = this.#status.split('\n').length - 1;
    this.#status = '';
    this.#terminal.noteText(`\r${above > 0 ? `${ESCAPE}[${above}A` : ''}${ESCAPE}[J`);
  }

  piece({ channel, text, newAttempt }: OutputPiece): void {
    if (newAttempt !== null) this.note(`The attempt failed; this is attempt ${newAttempt}:`);
    if (text === '' || (channel === 'THINKING' && this.options.hideThinking)) return;
    this.clearStatus();
    if (channel !== this.#channel) this.#turnTo(channel);
    if (channel === 'THINKING') this.#think(text);
    else this.#say(text);
  }

  /** Lines of their own, wherever the cursor is. */
  note(text: string): void {
    this.clearStatus();
    this.#endLine();
    this.#terminal.note(wrapped(text, this.#terminal.columns));
  }

  /** The answer is over. */
  end(): void {
    this.clearStatus();
    this.#endLine();
    this.#channel = null;
  }

  #turnTo(channel: OutputPiece['channel']): void {
    // An answer is set apart from the thinking before it, where both are on the screen.
    if (this.#channel === 'THINKING') {
      this.#endLine();
      if (this.#terminal.notesAreTerminal) this.#terminal.noteText('\n');
    }
    this.#channel = channel;
  }

  #say(text: string): void {
    if (!this.#terminal.outIsTerminal) {
      this.#terminal.out(text);
      this.#openLine = !text.endsWith('\n');
      return;
    }
    this.#terminal.out(this.#wrap.write(text));
    this.#openLine = !this.#wrap.isAtStart;
  }

  /** Not part of the answer: only where somebody watches. */
  #think(text: string): void {
    if (!this.#terminal.notesAreTerminal) return;
    this.#terminal.noteText(this.#terminal.noteStyle('dim', this.#wrap.write(text)));
    this.#openLine = !this.#wrap.isAtStart;
  }

  #endLine(): void {
    this.#wrap.reset();
    if (!this.#openLine) return;
    this.#openLine = false;
    // Where the text goes to a file, its line is ended there.
    if (this.#channel === 'THINKING') this.#terminal.noteText('\n');
    else this.#terminal.outLine();
  }
}

/** For those who have something to say while an answer may be on the screen. */
export function terminalAround(view: AnswerView, terminal: Terminal): Terminal {
  return changed(terminal, { note: (text = '') => view.note(text) });
}

/** Where results are printed in another way. */
export function withoutOutput(terminal: Terminal): Terminal {
  return changed(terminal, { outIsTerminal: false, out: () => {}, outLine: () => {} });
}

function changed(terminal: Terminal, changes: Partial<Terminal>): Terminal {
  // Not copied: its width is what it is when it is asked for.
  return Object.assign(Object.create(terminal), changes);
}
