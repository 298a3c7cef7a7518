/** What browsers are shown at the root where the web page is not: where to go from here. For programs that look for an Ollama, a word. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendText } from '../respond.ts';

const STYLE = `
    body { font: 16px/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 32rem; padding: 0 1rem }
    @media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } a { color: #8bf } }
  `;
/** This one style, and nothing else. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'`;

const page = (content: string) => `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>vramkeeper</title>
  <style>${STYLE}</style>
  <h1>vramkeeper</h1>
  <p>A scheduler and gateway for local models.</p>
  ${content}
</html>
`;

/** Some programs ask for nothing else before they believe that an Ollama is there. */
const RUNNING = 'Ollama is running';
/** What is at the root depends on who asks. */
export const VARY = { vary: 'accept, accept-encoding' };

/** Whether a browser asks, for a person. */
export function wantsPage(request: IncomingMessage): boolean {
  return request.headers.accept?.includes('text/html') ?? false;
}

/** @param base of the links: empty, or where the server's own API is */
function links(base: string): string {
  const home =
    base === ''
      ? ''
      : `<li><a href="${base}/">The web page</a>: what is in memory, and who waits for what</li>`;
  return `<ul>
    ${home}
    <li><a href="${base}/graphql">GraphiQL</a>: try the API. Where keys are configured, put yours into its Headers.</li>
    <li><a href="${base}/readyz">/readyz</a>: whether it takes work</li>
  </ul>`;
}

/** @param message for people, as HTML */
export function sendPlainPage(response: ServerResponse, message: string, base = ''): void {
  const content = message === '' ? links(base) : `<p>${message}</p>\n  ${links(base)}`;
  sendText(response, 200, 'text/html; charset=utf-8', page(content), {
    ...VARY,
    'content-security-policy': POLICY,
  });
}

export function sendRunning(response: ServerResponse): void {
  sendText(response, 200, 'text/plain; charset=utf-8', RUNNING, VARY);
}
