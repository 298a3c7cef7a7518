/** What single clients may use up in a time: named, counted by `src/clients/allowances.ts`, asked before a job is taken. */
import { VramkeeperError } from './errors.ts';

export const ALLOWANCES = ['REQUESTS_PER_SECOND', 'TOKENS_PER_MINUTE', 'GPU_SECONDS_PER_DAY'] as const;
export type AllowanceName = (typeof ALLOWANCES)[number];

export interface AllowanceUse {
  readonly name: AllowanceName;
  /** The most that may be used at once, and what comes back in the time that the name says. */
  readonly maximum: number;
  /** Of it, by now. More than the maximum where what was under way went beyond. */
  readonly used: number;
}

/** The client has used up what it may. Nothing was stored. */
export class ClientLimitError extends VramkeeperError {
  readonly code = 'CLIENT_LIMIT_REACHED';
  readonly client: string;
  readonly limit: AllowanceName;
  readonly maximum: number;
  readonly retryAfterMs: number;

  constructor(client: string, limit: AllowanceName, maximum: number, retryAfterMs: number) {
    super(
      `${client} has used up its limit of ${maximum} ${WORDS[limit]}. Try again in ${Math.max(1, Math.ceil(retryAfterMs / 1_000))} s.`,
    );
    this.client = client;
    this.limit = limit;
    this.maximum = maximum;
    this.retryAfterMs = retryAfterMs;
  }
}

const WORDS: Readonly<Record<AllowanceName, string>> = {
  REQUESTS_PER_SECOND: 'requests a second',
  TOKENS_PER_MINUTE: 'tokens a minute',
  GPU_SECONDS_PER_DAY: 'GPU seconds a day',
};

export interface Allowances {
  /** Whether another job of the client may be taken. @throws ClientLimitError */
  checkWork(client: string): void;
  /** Of those that the client has. */
  of(client: string): readonly AllowanceUse[];
}
