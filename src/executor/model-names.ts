/** Names that a library is asked to fetch or to make. */
import { InvalidInputError } from '../domain/errors.ts';
import type { ModelNames } from '../domain/model-names.ts';

/**
 * The name as asked for, without blanks around it: hosts other than Ollama's own may tell upper from lower case.
 * @param field of the input, for the error
 * @throws InvalidInputError
 */
export function checkModelName(names: Pick<ModelNames, 'isName'>, name: string, field: string): string {
  if (names.isName(name)) return name.trim();
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  const message = `"${shown}" is not a model name. Write it like qwen3:8b or hf.co/owner/model:tag.`;
  throw new InvalidInputError([{ path: [field], message }]);
}

/** Tags of these models: Ollama hands requests for them on to its makers' servers, and no byte of them would be on the backend. */
const RUNS_ELSEWHERE = /:([^/:]*-)?cloud$/i;

/** @throws InvalidInputError */
export function checkPullName(names: Pick<ModelNames, 'isName'>, name: string, field: string): string {
  const checked = checkModelName(names, name, field);
  if (!RUNS_ELSEWHERE.test(checked)) return checked;
  const message = `"${checked}" runs on Ollama's servers and cannot be fetched. Choose a tag without "cloud".`;
  throw new InvalidInputError([{ path: [field], message }]);
}
