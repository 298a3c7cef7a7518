import { hashNumber } from '../core/text.ts';

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

export interface Logprob extends TokenLogprob {
  readonly top_logprobs?: readonly TokenLogprob[];
}

function tokenLogprob(token: string, logprob: number): TokenLogprob {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}

/** Log probabilities of one token: invented, always the same for the same token, and falling. */
export function logprobsOf(text: string, top: number): Logprob {
  const logprob = -((hashNumber(text) % 1_000) + 1) / 2_000;
  const others = Array.from({ length: top }, (_, i) =>
    i === 0 ? tokenLogprob(text, logprob) : tokenLogprob(`${text}${i}`, logprob - i),
  );
  return { ...tokenLogprob(text, logprob), ...(top > 0 ? { top_logprobs: others } : {}) };
}
