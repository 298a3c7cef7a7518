/** A conversation in the terminal: reads, asks, shows, and does what `/` commands say. */
import type { ApiClient } from '../../client/api-client.ts';
import { systemClock } from '../../clock.ts';
import { VramkeeperError } from '../../domain/errors.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { showJob } from '../jobs/api-calls.ts';
import { cutNote } from '../jobs/job-report.ts';
import { followedPull } from '../models/pull.ts';
import { inCommandWords } from '../terminal/command-words.ts';
import { factLines } from '../terminal/facts.ts';
import { noteStyled, type Terminal } from '../terminal/terminal.ts';
import { type Answer, RunningAnswer } from './answer.ts';
import type { AnswerView } from './answer-view.ts';
import { type ChatCommand, parseCommand } from './chat-command.ts';
import type { ChatSettings } from './chat-flags.ts';
import { carryOut, type Talk } from './command-effects.ts';
import { answered, asked, type ChatMessage, type Conversation, jobOf, lastQuestion } from './conversation.ts';
import type { LineInput } from './line-input.ts';
import { isYes, type Offer } from './model-choice.ts';
import { type Effect, type Happening, next, type Phase } from './phase.ts';
import { questionOf } from './question.ts';
import { type Block, feed } from './text-block.ts';
import { timings } from './timings.ts';

const PROMPT = '>>> ';
const BLOCK_PROMPT = '... ';
const HOW_TO_LEAVE = 'Ctrl-D or /bye leaves; /help has the commands.';

export class ChatSession implements Talk {
  conversation: Conversation;
  /** For the next question, in base64. */
  images: readonly string[] = [];
  readonly api: ApiClient;
  readonly terminal: Terminal;
  readonly view: AnswerView;
  readonly input: LineInput;
  #settings: ChatSettings;
  #phase: Phase = 'READING';
  #answer: RunningAnswer | null = null;
  /** What Ctrl-C gives up where no answer is awaited. */
  #giveUp: (() => void) | null = null;
  /** The last question, if it has no answer: it is no part of the conversation then. */
  #unanswered: ChatMessage | null = null;

  constructor(
    api: ApiClient,
    start: { readonly conversation: Conversation; readonly settings: ChatSettings },
    view: AnswerView,
    terminal: Terminal,
    input: (handlers: { onInterrupt(): void; onAside(line: string): boolean }) => LineInput,
  ) {
    this.api = api;
    this.conversation = start.conversation;
    this.#settings = start.settings;
    this.terminal = terminal;
    this.view = view;
    this.input = input({ onInterrupt: () => this.interrupt(), onAside: (line) => this.#hearAside(line) });
  }

  get settings(): ChatSettings {
    return this.#settings;
  }

  set settings(settings: ChatSettings) {
    this.#settings = settings;
    this.view.options = settings;
  }

  /** The job of the answer that is awaited; null where none is. */
  get jobId(): string | null {
    return this.#answer?.id ?? null;
  }

  /** Until the person leaves. */
  async talk(): Promise<ExitCode> {
    if (this.input.isTerminal) this.say(`${this.conversation.model} answers. ${HOW_TO_LEAVE}`);
    let block: Block | null = null;
    while (this.#phase !== 'LEFT') {
      const line = await this.input.read(this.#phase === 'BLOCK' ? BLOCK_PROMPT : PROMPT);
      if (line === null) {
        this.#happens('INPUT_ENDED');
        break;
      }
      // Ctrl-C has dropped it.
      if (this.#phase === 'READING') block = null;
      const fed = feed(block, line);
      if (fed.kind === 'open') {
        if (block === null) this.#happens('BLOCK_OPENED');
        block = fed.block;
        continue;
      }
      if (block !== null) this.#happens('BLOCK_CLOSED');
      block = null;
      await this.#take(fed.text);
    }
    if (this.input.isTerminal) this.terminal.noteText('\r\u001b[K');
    return EXIT.done;
  }

  /** Ctrl-C, whatever goes on. */
  interrupt(): void {
    if (this.#giveUp) {
      this.#giveUp();
      return;
    }
    const effect = this.#happens('INTERRUPTED');
    switch (effect) {
      case 'NOTHING':
        if (this.#phase === 'LEFT') process.exit(EXIT.interrupted);
        return;
      case 'CANCEL_JOB':
        this.input.dropAhead();
        void this.#cancel();
        return;
      case 'DROP_BLOCK':
      case 'SAY_HOW_TO_LEAVE': {
        const typed = this.input.dropLine();
        this.terminal.noteText('\n');
        if (!typed && effect === 'SAY_HOW_TO_LEAVE') this.say(HOW_TO_LEAVE);
        this.input.redraw(PROMPT);
        return;
      }
      default:
        effect satisfies never;
    }
  }

  /** Something about the conversation, between its lines. */
  say(text: string): void {
    this.view.note(text);
  }

  offerOf(model: string): Offer | null {
    if (!this.input.isTerminal) return null;
    return { agrees: (question) => this.#agrees(question), pull: () => this.#pull(model) };
  }

  /** From now on; nothing of the one before is left. */
  begin(conversation: Conversation): void {
    this.conversation = conversation;
    this.#unanswered = null;
  }

  /** The last question once more, in place of its answer. */
  async retry(): Promise<void> {
    const last = this.#unanswered
      ? { before: this.conversation, question: this.#unanswered }
      : lastQuestion(this.conversation);
    if (!last) return this.say('Nothing was asked yet.');
    this.conversation = last.before;
    await this.ask(last.question);
  }

  /** @throws VramkeeperError of every kind */
  async ask(question: ChatMessage): Promise<void> {
    this.#happens('ASKED');
    this.#unanswered = question;
    try {
      const conversation = asked(this.conversation, question);
      this.#answer = await RunningAnswer.begin(this.api, jobOf(conversation, this.settings.priority));
      // Ctrl-C came before there was a job to cancel.
      if (this.#isStopping()) void this.#cancel();
      const answer = await this.#answer.show(this.view, () => this.#happens('TEXT_CAME'));
      if (answer.text !== '' || answer.job.status === 'COMPLETE')
        this.begin(answered(conversation, answer.text));
      this.#sayEnd(answer);
    } finally {
      this.#answer = null;
      this.#happens('ANSWER_ENDED');
    }
  }

  /** Why the answer waits, in full. */
  async why(): Promise<void> {
    const id = this.#answer?.id;
    if (id === undefined) return this.say('Nothing waits: the last question is answered.');
    const { status, waiting } = await showJob(this.api, id);
    this.say(
      waiting
        ? `${id} waits (${waiting.reason}): ${inCommandWords(waiting.explanation)}`
        : `${id} is ${status}.`,
    );
  }

  /** Ctrl-C, and leaving, is no. */
  async #agrees(question: string): Promise<boolean> {
    const refused = Promise.withResolvers<null>();
    this.#giveUp = () => {
      this.input.dropLine();
      this.terminal.noteText('\n');
      refused.resolve(null);
    };
    try {
      return isYes(await Promise.race([this.input.read(question), refused.promise]));
    } finally {
      this.#giveUp = null;
    }
  }

  async #pull(model: string): Promise<ExitCode> {
    const leaving = new AbortController();
    this.#giveUp = () => leaving.abort();
    const { api, terminal } = this;
    try {
      return await followedPull(api, model, {
        backendId: null,
        terminal,
        clock: systemClock,
        signal: leaving.signal,
      });
    } finally {
      this.#giveUp = null;
    }
  }

  async #take(text: string): Promise<void> {
    if (text.trim() === '') return;
    try {
      const command = parseCommand(text);
      if (command) await this.#obey(command);
      else {
        const question = await questionOf(text, this.images, (path) => this.say(`Added the image ${path}.`));
        this.images = [];
        await this.ask(question);
      }
    } catch (error) {
      if (!(error instanceof VramkeeperError)) throw error;
      this.say(error.message);
    }
  }

  async #obey(command: ChatCommand): Promise<void> {
    if (command.kind === 'bye') this.#happens('SAID_BYE');
    else await carryOut(command, this);
  }

  /** While an answer is awaited only one question makes sense; other lines wait for their turn. */
  #hearAside(line: string): boolean {
    if (this.#answer === null || line.trim() !== '/why') return false;
    this.why().catch((error: unknown) => {
      this.say(error instanceof Error ? error.message : String(error));
    });
    return true;
  }

  async #cancel(): Promise<void> {
    try {
      await this.#answer?.cancel();
    } catch (error) {
      this.say(`The job could not be cancelled: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #isStopping(): boolean {
    return this.#phase === 'STOPPING';
  }

  #sayEnd({ job, text }: Answer): void {
    if (job.status === 'CANCELLED')
      this.say(text === '' ? 'Cancelled before it began.' : 'Cancelled; what came is kept.');
    else if (job.status !== 'COMPLETE')
      this.say(
        `${job.status}. ${job.failure ? `${job.failure.code}: ${job.failure.message}` : ''}`.trimEnd(),
      );
    const cut = cutNote(job);
    if (cut) this.say(cut);
    if (this.settings.verbose) this.terminal.note(factLines(timings(job), noteStyled(this.terminal)));
    if (this.input.isTerminal) this.terminal.note();
  }

  #happens(happening: Happening): Effect {
    const step = next(this.#phase, happening);
    this.#phase = step.to;
    return step.effect;
  }
}
