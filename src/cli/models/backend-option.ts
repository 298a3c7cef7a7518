/** `--backend NAME`: which of the server's backends a command is about. */
import type { ApiClient } from '../../client/api-client.ts';
import { BackendNames } from '../../client/model-documents.ts';
import type { ConnectionOptions } from '../connection.ts';
import { CommandError } from '../exit.ts';

export interface BackendOptions extends ConnectionOptions {
  readonly backend?: string;
}

/** Null where none was named. @throws CommandError when there is none of that name */
export async function backendIdOf(api: ApiClient, { backend }: BackendOptions): Promise<string | null> {
  if (backend === undefined) return null;
  const { backends } = await api.request(BackendNames, {});
  const found = backends.find(({ id, name }) => name === backend || id === backend);
  if (found) return found.id;
  const names = backends.map(({ name }) => name).join(', ') || 'none';
  throw new CommandError(`There is no backend "${backend}". The server has: ${names}.`);
}
