/** The parameters of a Modelfile that make a runner another one. */
import type { RunnerOptions } from '../../domain/model.ts';
import type { ShowAnswer } from './wire.ts';

/** What Ollama takes for a model with a draft model of its own, where nobody says. */
const DRAFT_NUM_PREDICT = 4;

const NUMBERS = ['num_batch', 'num_gpu', 'main_gpu', 'num_thread', 'draft_num_predict'] as const;

/** `parameters` is text, one `name<spaces>value` a line, in random order. */
export function runnerParameters({ parameters, modelfile }: ShowAnswer): RunnerOptions {
  const value = (name: string) => new RegExp(`^${name}\\s+(\\S+)\\s*$`, 'm').exec(parameters)?.[1];
  const numbers = NUMBERS.flatMap((name) => {
    const number = Number(value(name) ?? Number.NaN);
    return Number.isFinite(number) ? [[name, Math.trunc(number)] as const] : [];
  });
  const mapped = value('use_mmap');
  return {
    ...(/^DRAFT\s/m.test(modelfile) && { draft_num_predict: DRAFT_NUM_PREDICT }),
    ...Object.fromEntries(numbers),
    ...((mapped === 'true' || mapped === 'false') && { use_mmap: mapped === 'true' }),
  };
}
