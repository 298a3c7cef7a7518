interface Route<H> {
  readonly method: string;
  readonly path: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly handler: H;
}

export type Match<H> =
  | { readonly kind: 'found'; readonly handler: H; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong method'; readonly allow: string }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'unknown path' };

/** In the order in which an `Allow` header names them. */
const METHODS = ['HEAD', 'GET', 'POST', 'DELETE', 'PUT'];

/** Routes by method and path; `:name` stands for one segment. What a handler is, whoever asks decides. */
export class Router<H> {
  readonly #routes: Route<H>[] = [];
  /** Of paths that stand in the table as they are, so that there are not more of them than routes. */
  readonly #known = new Map<string, readonly Route<H>[]>();

  /** @param methods one, or several between commas */
  add(methods: string, path: string, handler: H): this {
    const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
    const pattern = new RegExp(`^${path.replace(/:\w+/g, '([^/]+)')}$`);
    for (const method of methods.split(',')) this.#routes.push({ method, path, pattern, names, handler });
    this.#known.clear();
    return this;
  }

  /** All of them, in their order. */
  get table(): readonly { readonly method: string; readonly path: string }[] {
    return this.#routes.map(({ method, path }) => ({ method, path }));
  }

  /** The same routes with other handlers. */
  mapped<G>(change: (handler: H, wayIn: string) => G): Router<G> {
    const router = new Router<G>();
    for (const { method, path, handler } of this.#routes)
      router.add(method, path, change(handler, `${method} ${path}`));
    return router;
  }

  /** @param path decoded, without a query */
  match(method: string, path: string): Match<H> {
    const here = this.#at(path);
    const route = here.find((candidate) => candidate.method === method);
    if (route) {
      const values = route.pattern.exec(path)?.slice(1) ?? [];
      const parameters = Object.fromEntries(route.names.map((name, index) => [name, values[index] ?? '']));
      return { kind: 'found', handler: route.handler, parameters };
    }
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    if (this.#at(other).some((candidate) => candidate.method === method))
      return { kind: 'redirect', to: other };
    if (here.length === 0) return { kind: 'unknown path' };
    const allowed = METHODS.filter((name) => here.some((candidate) => candidate.method === name));
    return { kind: 'wrong method', allow: allowed.join(', ') };
  }

  #at(path: string): readonly Route<H>[] {
    const known = this.#known.get(path);
    if (known) return known;
    const found = this.#routes.filter((route) => route.pattern.test(path));
    if (found.some((route) => route.path === path)) this.#known.set(path, found);
    return found;
  }
}

/** The path without empty and dotted segments, to which Go redirects; a slash at the end stays. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

/** The path of a request without its query, as Go decodes it; undefined for one that no Go server takes. */
export function decodePath(target: string): string | undefined {
  const path = target.replace(/[?#].*$/s, '');
  if (/%(?![0-9a-fA-F]{2})/.test(path)) return undefined;
  const bytes = path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
