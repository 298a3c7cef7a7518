/** How a question is answered, beside the model: a system text and options. What is left empty is the model's to say. */
import type { ThinkLevel } from '../generated/graphql.ts';

/** As it is typed. */
export interface Settings {
  readonly system: string;
  readonly temperature: string;
  readonly maxTokens: string;
  readonly seed: string;
  readonly think: ThinkLevel | '';
}

export const NO_SETTINGS: Settings = { system: '', temperature: '', maxTokens: '', seed: '', think: '' };

interface Kept {
  readonly system?: string | null;
  readonly think?: ThinkLevel | null;
  readonly options: {
    readonly maxTokens?: number | null;
    readonly seed?: number | null;
    readonly temperature?: number | null;
  };
}

export function settingsOf({ options, system, think }: Kept): Settings {
  return {
    system: system ?? '',
    temperature: options.temperature?.toString() ?? '',
    maxTokens: options.maxTokens?.toString() ?? '',
    seed: options.seed?.toString() ?? '',
    think: think ?? '',
  };
}

/** As the API takes them. */
export function settingsInput({ maxTokens, seed, system, temperature, think }: Settings) {
  return {
    system: system.trim() === '' ? null : system,
    think: think === '' ? null : think,
    options: {
      ...(temperature !== '' && { temperature: Number(temperature) }),
      ...(maxTokens !== '' && { maxTokens: Number(maxTokens) }),
      ...(seed !== '' && { seed: Number(seed) }),
    },
  };
}
