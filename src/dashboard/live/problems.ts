/** Why something was not answered. The message is the server's own, for people. */

export class ServerProblem extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function problemOf(error: unknown): Error {
  if (error instanceof Error) return error;
  if (Array.isArray(error)) return graphQLProblem(error);
  return new ServerProblem('LOST', 'The server cannot be reached.');
}

export function graphQLProblem(errors: readonly unknown[]): ServerProblem {
  const first = errors[0] as { message?: unknown; extensions?: { code?: unknown } } | undefined;
  return new ServerProblem(
    String(first?.extensions?.code ?? 'FAILED'),
    String(first?.message ?? 'The server failed to answer this.'),
  );
}
