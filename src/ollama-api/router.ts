import type { Handler } from './exchange.ts';

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly handler: Handler;
}

export type Match =
  | {
      readonly kind: 'found';
      readonly handler: Handler;
      readonly parameters: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'wrong method'; readonly allow: string }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'unknown path' };

/** In the order in which an `Allow` header names them. */
const METHODS = ['HEAD', 'GET', 'POST', 'DELETE', 'PUT'];

/** Routes by method and path; `:name` stands for one segment. */
export class Router {
  readonly #routes: Route[] = [];

  add(methods: string, path: string, handler: Handler): this {
    const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
    const pattern = new RegExp(`^${path.replace(/:\w+/g, '([^/]+)')}$`);
    for (const method of methods.split(',')) this.#routes.push({ method, pattern, names, handler });
    return this;
  }

  match(method: string, path: string): Match {
    const here = this.#at(path);
    const route = here.find((candidate) => candidate.method === method);
    if (route) {
      const values = route.pattern.exec(path)?.slice(1) ?? [];
      const parameters = Object.fromEntries(
        route.names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]),
      );
      return { kind: 'found', handler: route.handler, parameters };
    }
    if (here.length > 0)
      return {
        kind: 'wrong method',
        allow: METHODS.filter((name) => here.some((candidate) => candidate.method === name)).join(', '),
      };
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    return this.#at(other).some((candidate) => candidate.method === method)
      ? { kind: 'redirect', to: other }
      : { kind: 'unknown path' };
  }

  #at(path: string): Route[] {
    return this.#routes.filter((route) => route.pattern.test(path));
  }
}
