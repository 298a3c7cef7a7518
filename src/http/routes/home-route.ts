/** The first page: where to go from here. */
import { sendText } from '../respond.ts';
import type { Route } from '../route.ts';

const PAGE = `<!doctype html>
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
    <li><a href="/graphql">GraphiQL</a>: try the API. Where keys are configured, put yours into its Headers.</li>
    <li><a href="/readyz">/readyz</a>: whether it takes work</li>
  </ul>
</html>
`;

export function homeRoute(): Route {
  return {
    path: '/',
    methods: ['GET'],
    isPage: () => true,
    handle: ({ response }) => sendText(response, 200, 'text/html; charset=utf-8', PAGE),
  };
}
