import { VramkeeperError } from '../domain/errors.ts';

/** Nobody answers at the server's address. */
export class ServerUnreachableError extends VramkeeperError {
  readonly code = 'SERVER_UNREACHABLE';

  constructor(url: string, cause: unknown) {
    super(
      `There is no vramkeeper server at ${url}. Start one with "vramkeeper serve", or name another with --server or VRAMKEEPER_URL.`,
      { cause },
    );
  }
}

/** The server answered, and not with what was asked for. */
export class RequestFailedError extends VramkeeperError {
  readonly code = 'REQUEST_FAILED';
}
