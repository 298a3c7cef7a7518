/** Lines that a person types: edited and remembered in a terminal, read as they come from a pipe, also while an answer is written. */
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

const ESCAPE = '\u001b';
/** A terminal that knows it marks what was pasted, so that its lines stay together. */
const MARK_PASTES = `${ESCAPE}[?2004h`;
const MARK_NO_PASTES = `${ESCAPE}[?2004l`;
const MOST_REMEMBERED = 500;

export type InputStream = NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined };
export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** What is edited is shown only while it is asked for: an answer has the screen for itself. */
class EditedLine extends Writable {
  readonly isTTY = true;
  isShown = false;
  readonly #output: OutputStream;

  constructor(output: OutputStream) {
    super({ decodeStrings: false });
    this.#output = output;
    output.on('resize', () => this.emit('resize'));
  }

  get columns(): number {
    return this.#output.columns ?? 80;
  }

  override _write(text: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    if (this.isShown) this.#output.write(text);
    done();
  }
}

export interface LineInputOptions {
  readonly input: InputStream;
  readonly output: OutputStream;
  /** Ctrl-C in a terminal. */
  readonly onInterrupt: () => void;
  /** Looks at each line that comes while none is awaited. What it takes (true) is not read again. */
  readonly onAside: (line: string) => boolean;
}

export class LineInput {
  /** A person edits lines. */
  readonly isTerminal: boolean;
  readonly #options: LineInputOptions;
  readonly #readline: Interface;
  readonly #edited: EditedLine;
  readonly #lines: string[] = [];
  #pasted: string[] = [];
  #isPasting = false;
  #isClosed = false;
  #wanted: ((line: string | null) => void) | undefined;

  constructor(options: LineInputOptions) {
    const { input, output } = options;
    this.#options = options;
    this.isTerminal = Boolean(input.isTTY && output.isTTY);
    this.#edited = new EditedLine(output);
    this.#readline = createInterface({
      input,
      ...(this.isTerminal ? { output: this.#edited } : {}),
      terminal: this.isTerminal,
      historySize: MOST_REMEMBERED,
      removeHistoryDuplicates: true,
    });
    this.#readline.on('line', (line) => this.#hear(line));
    this.#readline.on('close', () => {
      this.#isClosed = true;
      this.#serve();
    });
    this.#readline.on('SIGINT', () => {
      this.#pasted = [];
      options.onInterrupt();
    });
    // A terminal that is gone cannot be read; that is its end.
    input.on('error', () => this.#readline.close());
    if (!this.isTerminal) return;
    output.write(MARK_PASTES);
    input.on('keypress', this.#onKey);
  }

  /** The next line; null when there is none any more. */
  read(prompt: string): Promise<string | null> {
    const [typedAhead] = this.#lines;
    // Nobody has seen it yet.
    if (this.isTerminal && typedAhead !== undefined) this.#options.output.write(`${prompt}${typedAhead}\n`);
    else if (this.isTerminal && !this.#isClosed) {
      this.#edited.isShown = true;
      this.#readline.setPrompt(prompt);
      // What was typed meanwhile stays.
      this.#readline.prompt(true);
    }
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#wanted = resolve;
    this.#serve();
    return promise;
  }

  /** The line that is being typed is dropped. True where there was something to drop. */
  dropLine(): boolean {
    if (!this.isTerminal || this.#isClosed || this.#readline.line === '') return false;
    this.#readline.write(null, { ctrl: true, name: 'e' });
    // It stays on the screen, as in a shell.
    const { isShown } = this.#edited;
    this.#edited.isShown = false;
    this.#readline.write(null, { ctrl: true, name: 'u' });
    this.#edited.isShown = isShown;
    return true;
  }

  /** Lines that wait for their turn are not read any more. */
  dropAhead(): void {
    this.#lines.length = 0;
  }

  /** Shows the prompt again, below what was written meanwhile. */
  redraw(prompt: string): void {
    if (!this.isTerminal || !this.#wanted || this.#isClosed) return;
    this.#readline.setPrompt(prompt);
    this.#readline.prompt(true);
  }

  close(): void {
    this.#options.input.off('keypress', this.#onKey);
    if (this.isTerminal) this.#options.output.write(MARK_NO_PASTES);
    this.#readline.close();
  }

  readonly #onKey = (_text: string | undefined, key: { readonly name?: string } | undefined): void => {
    if (key?.name === 'paste-start') this.#isPasting = true;
    if (key?.name === 'paste-end') this.#isPasting = false;
  };

  #hear(line: string): void {
    if (this.#isPasting) {
      this.#pasted.push(line);
      return;
    }
    const whole = [...this.#pasted, line].join('\n');
    this.#pasted = [];
    if (!this.#wanted && this.#options.onAside(whole)) return;
    this.#lines.push(whole);
    this.#serve();
  }

  #serve(): void {
    const wanted = this.#wanted;
    if (!wanted) return;
    const line = this.#lines.shift();
    if (line === undefined && !this.#isClosed) return;
    this.#wanted = undefined;
    this.#edited.isShown = false;
    wanted(line ?? null);
  }
}
