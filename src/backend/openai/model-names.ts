/** The rule for names of models that a server of OpenAI's API gives: they are kept as they are. */
import { isPlainName, type ModelNameRule } from '../../domain/model-names.ts';

export const openAiNames: ModelNameRule = {
  canonical: (name) => name.trim(),
  isValid: isPlainName,
};
