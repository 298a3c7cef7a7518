/** What the server says of backends that do not answer: what is missing may only be out of sight. */
import type { ApiClient } from '../../client/api-client.ts';
import { BackendTroubles } from '../../client/model-documents.ts';

export interface BackendTrouble {
  /** Whether no backend at all answers. */
  readonly isTotal: boolean;
  /** A sentence for each that does not answer. */
  readonly lines: readonly string[];
}

export async function backendTrouble(api: ApiClient): Promise<BackendTrouble> {
  const { backends } = await api.request(BackendTroubles, {});
  const silent = backends.filter(({ health }) => health === 'UNREACHABLE');
  return {
    isTotal: silent.length === backends.length,
    lines: silent.map(({ name, url, problem }) =>
      `${name} (${url}) does not answer. ${problem ?? ''}`.trim(),
    ),
  };
}
