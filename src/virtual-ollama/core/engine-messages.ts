import { OllamaError } from '../../ollama-api/errors.ts';
import type { Regime } from '../settings.ts';

/** What is left of an engine that died while it worked. */
export const CRASHED = 'an error was encountered while running the model: unexpected EOF';
export const RAN_OUT = 'an error was encountered while running the model: CUDA error: out of memory';
export const EMBEDDING_CUT = 'do embedding request: Post "http://127.0.0.1/v1/embeddings": EOF';
/** A refusal of which nobody has heard before. */
export const FAILED = 'virtual fault: the engine cannot do this';
export const STOPPED =
  'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, ' +
  'check ollama server logs for details';

export type LoadFailure = 'out of memory' | 'stalled' | 'killed' | 'bad argument';

const LOAD_FAILURES: Readonly<Record<Regime, Readonly<Record<LoadFailure, string>>>> = {
  'llama-server': {
    'out of memory':
      'llama-server process has terminated: exit status 1: cudaMalloc failed: out of memory\n' +
      'error loading model: unable to allocate CUDA0 buffer',
    stalled: 'timed out waiting for llama-server to start - ',
    killed: 'llama-server process has terminated: signal: killed',
    'bad argument':
      'llama-server process has terminated: exit status 1: error while handling argument "--cache-type-k": Unsupported cache type',
  },
  classic: {
    'out of memory': 'llama runner process has terminated: cudaMalloc failed: out of memory',
    stalled: 'timed out waiting for llama runner to start - progress 0.00 - ',
    killed: 'llama runner process has terminated: signal: killed',
    'bad argument': 'llama runner process has terminated: exit status 2',
  },
};

export function loadFailure(regime: Regime, failure: LoadFailure): OllamaError {
  return new OllamaError(500, LOAD_FAILURES[regime][failure]);
}
