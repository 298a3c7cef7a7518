/** What a model cannot do, said before a job waits for it in vain, or else before it runs. */
import type { InputIssue } from '../domain/errors.ts';
import type { ModelInfo } from '../domain/model.ts';
import type { JobRequest } from '../domain/request.ts';
import { specOf } from './kinds.ts';

/** Nothing is refused of a model whose backend does not tell its capabilities. */
export function modelProblems(info: ModelInfo, request: JobRequest<unknown>): readonly InputIssue[] {
  if (info.capabilities.length === 0) return [];
  const spec = specOf(request);
  const lacks = spec.lacks(request, (capability) => info.capabilities.includes(capability));
  return lacks.map(({ path, what }) => ({
    path: ['request', spec.field, ...path],
    message: `${info.name} ${what}.`,
  }));
}

/** What a model cannot do, in one text; null when nothing is known to stand in the way, also of a model that nobody knows. */
export function unmetBy(info: ModelInfo | null, request: JobRequest): string | null {
  const problems = info ? modelProblems(info, request) : [];
  return problems.length === 0 ? null : problems.map(({ message }) => message).join(' ');
}
