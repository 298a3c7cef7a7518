/** Puts what a mutation changed into the audit log: who, which, of what, and what came of it. Texts of callers are left out. */
import { GraphQLError } from 'graphql';
import { type AuditDetails, isAudited, isOwnAffair } from '../domain/audit.ts';
import type { GraphQLContext } from './context.ts';

/** Names, ids and numbers of inputs: what says what was changed, and nothing of what is in it. */
const TOLD = [
  'backendId',
  'bytes',
  'contextLength',
  'destination',
  'gpuId',
  'id',
  'lease',
  'model',
  'option',
  'owner',
  'priority',
  'source',
  'task',
  'tasks',
] as const;
const LONGEST = 200;

type Outcome = { readonly value: unknown } | { readonly error: unknown };

export function auditMutation(
  action: string,
  args: Readonly<Record<string, unknown>>,
  { configuration: { audit }, principal }: GraphQLContext,
  outcome: Outcome,
): void {
  if (!isAudited(action)) return;
  const { code, refused } = codeOf(outcome);
  const owner = 'value' in outcome ? ownerOf(outcome.value) : null;
  if (!refused && isOwnAffair(action, principal, owner)) return;
  audit.record({
    client: principal.client,
    action,
    outcome: refused ? 'refused' : code === null ? 'done' : 'failed',
    code,
    details: { ...detailsOf(args.input), ...(owner !== null && owner !== principal.client && { of: owner }) },
  });
}

function codeOf(outcome: Outcome): { readonly code: string | null; readonly refused: boolean } {
  if ('error' in outcome) {
    const { error } = outcome;
    const code = error instanceof GraphQLError ? String(error.extensions.code ?? 'ERROR') : 'INTERNAL_ERROR';
    return { code, refused: code === 'FORBIDDEN' };
  }
  const { value } = outcome;
  const code = isObject(value) && typeof value.code === 'string' ? value.code : null;
  return { code, refused: false };
}

function ownerOf(value: unknown): string | null {
  if (!isObject(value)) return null;
  for (const name of ['job', 'batch', 'chat']) {
    const owned = value[name];
    if (isObject(owned) && typeof owned.client === 'string') return owned.client;
  }
  return null;
}

function detailsOf(input: unknown): AuditDetails {
  if (!isObject(input)) return {};
  return Object.fromEntries(
    TOLD.flatMap((name): [string, AuditDetails[string]][] => {
      const value = input[name];
      if (typeof value === 'string') return [[name, value.slice(0, LONGEST)]];
      if (typeof value === 'number' || typeof value === 'boolean') return [[name, value]];
      if (Array.isArray(value))
        return [[name, value.slice(0, 20).map((each) => String(each).slice(0, LONGEST))]];
      return [];
    }),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object';
}
