/** How a virtual server of OpenAI's API is set up. */
import type { Clock } from '../clock.ts';

/**
 * Whose server it stands for: they differ in what they tell of themselves, and in how they refuse. `company` is OpenAI itself, which takes no
 * field that is not in its API, and has prompts in a cache.
 */
export type Flavour = 'llama.cpp' | 'vllm' | 'plain' | 'company';

export interface VirtualModel {
  readonly id: string;
  /** Default: `chat`. */
  readonly kind?: 'chat' | 'embed';
  /** Tokens of one request with its answer; default 4,096. */
  readonly contextLength?: number;
  /** Of its weights; told by llama.cpp alone. */
  readonly bytes?: number;
  /** Its limit is called `max_completion_tokens` alone, as of OpenAI's models that think. */
  readonly otherLimit?: boolean;
}

export interface VirtualOpenAiOptions {
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default: `llama.cpp`. */
  readonly flavour?: Flavour;
  readonly models?: readonly VirtualModel[];
  /** What its paths begin with; default `/v1`. */
  readonly root?: string;
  /** Asked for in `Authorization: Bearer`. Absent: nobody is asked. */
  readonly key?: string;
  /** Requests that it runs at once; others wait for their turn. Default 4. */
  readonly slots?: number;
  /** Of one answer; default 1,000. */
  readonly tokensPerSecond?: number;
  /** Called when it falls asleep (true) and when it wakes: memory of cards goes and comes back. */
  readonly onSleep?: (asleep: boolean) => void;
  readonly clock?: Clock;
}

export const USUAL_MODELS: readonly VirtualModel[] = [
  { id: 'virtual/chat-8b', bytes: 4_900_000_000 },
  { id: 'virtual/embed-small', kind: 'embed', contextLength: 512, bytes: 130_000_000 },
];
