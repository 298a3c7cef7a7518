/** The rule for names of models that a server of OpenAI's API gives: they are kept as they are. */
import type { ModelNameRule } from '../../domain/model-names.ts';

/** As long as paths of Hugging Face and files with a folder get. */
const LONGEST = 256;
const PRINTABLE = /^[\x21-\x7e]+( [\x21-\x7e]+)*$/;

export const openAiNames: ModelNameRule = {
  canonical: (name) => name.trim(),
  isValid: (canonical) => canonical.length <= LONGEST && PRINTABLE.test(canonical),
};
