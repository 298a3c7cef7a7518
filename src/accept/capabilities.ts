/** What a model cannot do, said before a job waits for it in vain, or else before it runs. */
import type { InputIssue } from '../domain/errors.ts';
import type { Capability, ModelInfo } from '../domain/model.ts';
import { canonicalModelName } from '../domain/queue-key.ts';
import type { JobRequest } from '../domain/request.ts';

const BLIND = 'does not see images; choose a model with the capability vision, or leave them out';

/** Nothing is refused of a model whose backend does not tell its capabilities. */
export function modelProblems(info: ModelInfo, request: JobRequest): readonly InputIssue[] {
  if (info.capabilities.length === 0) return [];
  const can = (capability: Capability) => info.capabilities.includes(capability);
  const issues: InputIssue[] = [];
  const lacks = (path: readonly string[], what: string) =>
    issues.push({ path: ['request', ...path], message: `${info.name} ${what}.` });
  switch (request.kind) {
    case 'GENERATE':
      if (!can('completion')) lacks(['generate'], 'is not a completion model; use request.embed');
      else {
        if (request.images?.length && !can('vision')) lacks(['generate', 'images'], BLIND);
        if (request.suffix !== undefined && !can('insert'))
          lacks(['generate', 'suffix'], 'cannot insert text before a suffix');
        if (thinks(request.think) && !can('thinking')) lacks(['generate', 'think'], 'does not think');
      }
      break;
    case 'CHAT':
      if (!can('completion')) lacks(['chat'], 'is not a completion model; use request.embed');
      else {
        for (const [index, message] of request.messages.entries()) {
          if (message.images?.length && !can('vision'))
            lacks(['chat', 'messages', String(index), 'images'], BLIND);
        }
        if (request.tools?.length && !can('tools')) lacks(['chat', 'tools'], 'does not use tools');
        if (thinks(request.think) && !can('thinking')) lacks(['chat', 'think'], 'does not think');
      }
      break;
    case 'EMBED':
      // A completion model may be able to embed too; only the server knows.
      break;
  }
  return issues;
}

/** What the named one of these models cannot do, in one text; null when nothing is known to stand in the way. */
export function unmetBy(models: readonly ModelInfo[], modelName: string, request: JobRequest): string | null {
  const name = canonicalModelName(modelName);
  const info = models.find((model) => model.name === name);
  const problems = info ? modelProblems(info, request) : [];
  return problems.length === 0 ? null : problems.map(({ message }) => message).join(' ');
}

function thinks(level: string | undefined): boolean {
  return level !== undefined && level !== 'OFF';
}
