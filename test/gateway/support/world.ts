/** A whole server over a virtual Ollama, for programs that speak the drop-in APIs. */
import { TestApp } from '../../app/test-app.ts';
import { eventually } from '../../support/eventually.ts';

export interface SeenJob {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly priority: string;
  readonly client: string;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

export interface GatewayWorld extends AsyncDisposable {
  readonly app: TestApp;
  readonly url: string;
  /** Newest first. */
  jobs(): Promise<readonly SeenJob[]>;
}

/** Resolves when the server knows its models. */
export async function gatewayWorld(
  options: Parameters<typeof TestApp.start>[0] = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<GatewayWorld> {
  const app = await TestApp.start(options);
  const { url } = app.app;
  await eventually(async () => (await fetch(`${url}/api/tags`, { headers })).ok);
  return {
    app,
    url,
    jobs: async () =>
      (
        await app.query(
          '{ jobs(first: 50) { nodes { id kind status priority client failure { code message } } } }',
        )
      ).jobs.nodes,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

export async function collected<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}
