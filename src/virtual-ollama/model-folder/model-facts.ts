import { type Architecture, isEmbeddingArchitecture } from '../core/architecture.ts';
import type { Capability } from '../core/capability.ts';
import type { OptionMap } from '../core/options.ts';

/** What a model can do, told by its header and its templates, for a folder whose configurations do not say. */
export function capabilitiesOf(
  facts: Architecture,
  templates: readonly string[],
  hasProjector: boolean,
): readonly Capability[] {
  if (isEmbeddingArchitecture(facts)) return ['embedding'];
  const says = (pattern: RegExp) => templates.some((template) => pattern.test(template));
  return [
    'completion',
    ...(says(/\.Tools\b|\btools\b/) ? (['tools'] as const) : []),
    ...(says(/\.Suffix\b/) ? (['insert'] as const) : []),
    ...(hasProjector ? (['vision'] as const) : []),
    ...(says(/\.Thinking\b|<think>/) ? (['thinking'] as const) : []),
  ];
}

/** The `PARAMETER`s of a model. */
export function parametersOf(text: string | undefined): OptionMap {
  if (text === undefined) return {};
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as OptionMap) : {};
}
