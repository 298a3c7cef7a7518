/**
 * How a caller would like its model to be loaded and kept. Each difference needs an instance of its own, or unloads what others use, so these
 * are wishes: some are honoured, the rest is dropped, and the caller is told which.
 */
import type { Json } from '../domain/json.ts';
import { roundContextLength } from '../domain/queue-key.ts';
import type { JobKind } from '../domain/request.ts';
import { kindOf } from './kinds.ts';

export interface InstanceWishes {
  /** Tokens of context; rounded up. */
  readonly contextLength?: number;
  /** Whether the context moves on when it is full. */
  readonly shift?: boolean;
  /** How long the model should stay when it is idle; null for ever. The door does not see to it: whoever asks, asks the memory as well. */
  readonly keepAliveMs?: number | null;
  /** Further things that would make a server reload, by Ollama's names (`num_gpu`). The door honours none of them. */
  readonly others?: Readonly<Record<string, Json | undefined>>;
}

/** What the queue of a job asks for, and what it does not. */
export interface GrantedWishes {
  /** Tokens; null where nobody asked, so that the configuration or the model says. A model that bears less gets less. */
  readonly contextLength: number | null;
  /** Null where nobody asked. */
  readonly shift: boolean | null;
  /** What was asked for and dropped, by Ollama's names. */
  readonly dropped: readonly string[];
}

/** No model bears more tokens. */
export const MOST_CONTEXT_TOKENS = 16_777_216;

/** @param kind of the job: only some calls can say `shift` */
export function granted({ contextLength, shift, others }: InstanceWishes, kind: JobKind): GrantedWishes {
  const mayShift = kindOf(kind).shape.shift !== undefined;
  const isCount = contextLength !== undefined && Number.isFinite(contextLength) && contextLength >= 1;
  const unusable = [
    ...(contextLength !== undefined && !isCount ? ['num_ctx'] : []),
    ...(shift !== undefined && !mayShift ? ['shift'] : []),
  ];
  const dropped = Object.entries(others ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  return {
    contextLength: isCount ? roundContextLength(Math.min(contextLength, MOST_CONTEXT_TOKENS)) : null,
    shift: mayShift ? (shift ?? null) : null,
    dropped: [...unusable, ...dropped],
  };
}
