/** The stream behind `chatsChanged`: which chats of a caller are new, other than they were, or gone. */
import type { ChatNews } from '../domain/chat.ts';
import type { ChatId } from '../domain/ids.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog } from './event-log.ts';

export interface ChatFeedOptions {
  readonly client: string;
  readonly log: Pick<EventLog, 'ended' | 'onEnd'>;
  /** Told after each commit. Answers how to end it. */
  follow(listener: (news: readonly ChatNews[]) => void): () => void;
}

/** What a slow reader has not taken is one id for each chat: it reads the newest state when its turn comes. */
export class ChatFeed extends DemandStream<ChatId> {
  readonly #log: ChatFeedOptions['log'];
  readonly #waiting = new Set<ChatId>();
  readonly #unfollow: () => void;
  #wake: (() => void) | null = null;

  constructor({ client, follow, log }: ChatFeedOptions) {
    super();
    this.#log = log;
    this.#unfollow = follow((news) => {
      for (const one of news) if (one.client === client) this.#waiting.add(one.id);
      if (this.#waiting.size > 0) this.#wake?.();
    });
  }

  protected async produce(): Promise<ChatId | undefined> {
    while (!this.ended && !this.#log.ended) {
      const [first] = this.#waiting;
      if (first !== undefined) {
        this.#waiting.delete(first);
        return first;
      }
      await this.waitOn((wake) => {
        this.#wake = wake;
        const forgetEnd = this.#log.onEnd(wake);
        return () => {
          this.#wake = null;
          forgetEnd();
        };
      });
    }
    return undefined;
  }

  protected override left(): void {
    this.#unfollow();
  }
}
