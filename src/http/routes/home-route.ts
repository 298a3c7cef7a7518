/** What is at the root: a word for programs that look for an Ollama, and for browsers a page with where to go from here. */
import { sendText } from '../respond.ts';
import type { Route, RouteGuard } from '../route.ts';

/** @param base of the links: empty, or where the server's own API is */
const page = (base: string) => `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>vramkeeper</title>
  <style>
    body { font: 16px/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 32rem; padding: 0 1rem }
    @media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } a { color: #8bf } }
  </style>
  <h1>vramkeeper</h1>
  <p>A scheduler and gateway for local models.</p>
  <ul>
    <li><a href="${base}/graphql">GraphiQL</a>: try the API. Where keys are configured, put yours into its Headers.</li>
    <li><a href="${base}/readyz">/readyz</a>: whether it takes work</li>
  </ul>
</html>
`;

/** Some programs ask for nothing else before they believe that an Ollama is there. */
const RUNNING = 'Ollama is running';

export interface HomeOptions {
  /** Absent: as for the server's own API. */
  readonly guard?: RouteGuard;
  /** Of the server's own API, where another listener answers. Absent: it is here. */
  readonly apiPort?: () => number;
}

export function homeRoute({ guard, apiPort }: HomeOptions = {}): Route {
  return {
    path: '/',
    methods: ['GET'],
    ...(guard && { guard }),
    // Nothing of it is worth a key.
    isPage: () => true,
    handle({ request, response, url }) {
      if (!request.headers.accept?.includes('text/html'))
        return sendText(response, 200, 'text/plain; charset=utf-8', RUNNING);
      const base = apiPort ? `${url.protocol}//${named(url.hostname)}:${apiPort()}` : '';
      sendText(response, 200, 'text/html; charset=utf-8', page(base));
    },
  };
}

/** A caller can name its host as it likes, and the name stands in the page. */
const named = (hostname: string) => (/^[\w.:[\]-]+$/.test(hostname) ? hostname : 'localhost');
