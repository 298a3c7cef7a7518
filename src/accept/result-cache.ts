/** Which jobs may have the answer of another one that asked the same, and what makes two the same. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/json.ts';
import type { ModelInfo } from '../domain/model.ts';
import type { NewJob } from '../domain/store.ts';

/** As the settings have it. */
export interface CacheRules {
  /** Older answers are not given, in milliseconds. */
  readonly maxAgeMs: number;
  /** Whether clients have answers of each other. */
  readonly shared: boolean;
  /** Of jobs for these models, and of these clients, answers are shared without being asked for. */
  readonly models: readonly string[];
  readonly clients: readonly string[];
}

type Asked = Pick<NewJob, 'client' | 'modelName' | 'queue' | 'request' | 'fallback'>;

/**
 * Undefined where it may not. The key begins with the weights: with others by the same name it is another one.
 * @param wish of whoever submits it; absent: as the rules have it
 */
export function cacheOf(
  rules: CacheRules | null | undefined,
  { client, modelName, queue, request, fallback }: Asked,
  info: ModelInfo | null,
  wish: boolean | undefined,
): NewJob['cache'] {
  if (!rules || !info || fallback || !isRepeatable(request)) return undefined;
  const wanted = wish ?? (rules.models.includes(modelName) || rules.clients.includes(client));
  if (!wanted) return undefined;
  const { echo: _, ...asked } = request as NewJob['request'] & { readonly echo?: unknown };
  const same = { modelName, queue, request: asked, client: rules.shared ? null : client };
  const hash = createHash('sha256').update(canonicalJson(same)).digest('hex');
  return { key: `${info.weights}.${hash}`, maxAgeMs: rules.maxAgeMs };
}

/** Vectors, and texts without chance in them. What is told of each record alone is not kept. */
function isRepeatable(request: NewJob['request']): boolean {
  if (request.kind === 'EMBED') return true;
  const { options: { temperature, seed } = {}, logprobs, debugRenderOnly } = request;
  return temperature === 0 && seed !== undefined && !logprobs && !debugRenderOnly;
}
