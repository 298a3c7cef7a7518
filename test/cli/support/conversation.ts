/** A conversation in a terminal of so many columns, as a person has it: types, and sees a screen. */
import { PassThrough, Writable } from 'node:stream';
import { AnswerView, terminalAround } from '../../../src/cli/chat/answer-view.ts';
import { type ChatFlags, startOf } from '../../../src/cli/chat/chat-flags.ts';
import { ChatSession } from '../../../src/cli/chat/chat-session.ts';
import { LineInput } from '../../../src/cli/chat/line-input.ts';
import type { Terminal } from '../../../src/cli/terminal/terminal.ts';
import { ApiClient } from '../../../src/client/api-client.ts';
import { eventually } from '../../support/eventually.ts';
import { Screen } from './screen.ts';

class Keyboard extends PassThrough {
  readonly isTTY = true;
  setRawMode(): this {
    return this;
  }
}

class Output extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  readonly #write: (text: string) => void;

  constructor(columns: number, write: (text: string) => void) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.#write = write;
  }

  override _write(text: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#write(text.toString());
    done();
  }
}

export class TypedConversation implements AsyncDisposable {
  readonly session: ChatSession;
  readonly ended: Promise<number>;
  readonly #api: ApiClient;
  readonly #keyboard = new Keyboard();
  readonly #screen: Screen;
  readonly #dimmed = new Screen(100_000);

  private constructor(url: string, start: Awaited<ReturnType<typeof startOf>>, columns: number) {
    this.#screen = new Screen(columns);
    const write = (text: string) => this.#screen.write(text);
    const terminal: Terminal = {
      outIsTerminal: true,
      notesAreTerminal: true,
      columns,
      out: write,
      outLine: (text = '') => write(`${text}\n`),
      note: (text = '') => write(`${text}\n`),
      noteText: write,
      style: (_style, text) => text,
      noteStyle: (style, text) => {
        if (style === 'dim') this.#dimmed.write(text);
        return text;
      },
    };
    const view = new AnswerView(terminal, start.settings);
    const around = terminalAround(view, terminal);
    this.#api = new ApiClient({
      url,
      client: 'tester',
      onLost: () => around.note('The connection is lost.'),
      onRegained: () => around.note('Connected again.'),
    });
    const output = new Output(columns, write);
    this.session = new ChatSession(
      this.#api,
      start,
      view,
      terminal,
      (handlers) => new LineInput({ input: this.#keyboard, output, ...handlers }),
    );
    this.ended = this.session.talk();
  }

  static async begin(
    url: string,
    model: string,
    { columns = 80, flags = {} }: { readonly columns?: number; readonly flags?: ChatFlags } = {},
  ): Promise<TypedConversation> {
    return new TypedConversation(url, await startOf(model, flags), columns);
  }

  get lines(): readonly string[] {
    return this.#screen.lines();
  }

  get text(): string {
    return this.#screen.text();
  }

  /** All that was written dimmed so far, also what is no longer on the screen. */
  get dimmed(): string {
    return this.#dimmed.text();
  }

  type(keys: string): void {
    this.#keyboard.write(keys);
  }

  enter(line: string): void {
    this.type(`${line}\r`);
  }

  /** Resolves with the screen once it is so. */
  until(look: (text: string) => boolean): Promise<string> {
    return eventually(() => this.text, look);
  }

  /** Something on the screen, and the prompt below it. */
  async untilPrompt(after: RegExp): Promise<string> {
    return this.until((text) => {
      const match = after.exec(text);
      return match !== null && /\n>>>$/.test(text.slice(match.index));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session.input.close();
    await this.#api.close();
  }
}
