/** The web page: at the root for browsers, with its files below `/assets`. Open to all who reach the server, as no data is in it. */
import { knows } from '../etag.ts';
import { acceptedCoding } from '../page/accepted-coding.ts';
import { type BuiltFile, type BuiltPage, PAGE_FILE, readBuiltPage } from '../page/built-page.ts';
import { sendPlainPage, sendRunning, VARY, wantsPage } from '../page/plain-page.ts';
import { HttpRefusal } from '../refusal.ts';
import { sendBytes } from '../respond.ts';
import type { Exchange, Route, RouteGuard } from '../route.ts';

/** No script, style or picture from elsewhere, and none out of a string. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const ASSETS = '/assets/';
/** Their names change with their content. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** Kept, but asked for again each time. */
const ASK_AGAIN = 'no-cache';

export interface PageOptions {
  /** Where the build has left it. */
  readonly folder: string;
  /** Of `/`, where programs look for an Ollama. */
  readonly guard: RouteGuard;
}

export function pageRoutes({ folder, guard }: PageOptions): readonly Route[] {
  const page = new PageSource(folder);
  return [
    {
      path: '/',
      methods: ['GET'],
      guard,
      open: true,
      async handle(exchange) {
        const { request, response } = exchange;
        if (!wantsPage(request)) return sendRunning(response);
        const file = (await page.files())?.get(PAGE_FILE);
        if (file) sendFile(exchange, file, { ...VARY, 'cache-control': ASK_AGAIN });
        else sendPlainPage(response, NOT_BUILT);
      },
    },
    {
      path: `${ASSETS}*`,
      methods: ['GET'],
      open: true,
      async handle(exchange) {
        // Its dots have been followed: what stood below `/assets` need not any more.
        const path = exchange.url.pathname;
        const file = path.startsWith(ASSETS) ? (await page.files())?.get(path.slice(1)) : undefined;
        if (!file) throw new HttpRefusal('NOT_FOUND', 'The web page has no such file. Load the page again.');
        sendFile(exchange, file, { vary: 'accept-encoding', 'cache-control': FOR_EVER });
      },
    },
  ];
}

const NOT_BUILT =
  'The web page is not built. In a checkout, run <code>npm run build:page</code>, then load this again.';

/** Read when it is first asked for, and as long as it is not there each time. */
class PageSource {
  readonly #folder: string;
  #files: Promise<BuiltPage | null> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async files(): Promise<BuiltPage | null> {
    this.#files ??= readBuiltPage(this.#folder);
    try {
      const files = await this.#files;
      if (files === null) this.#files = null;
      return files;
    } catch (error) {
      this.#files = null;
      throw error;
    }
  }
}

function sendFile(
  { request, response }: Exchange,
  { contentType, etag, forms }: BuiltFile,
  more: Readonly<Record<string, string>>,
): void {
  const headers = { ...more, etag, 'content-security-policy': POLICY };
  if (knows(request.headers['if-none-match'], etag)) {
    sendBytes(response, 304, contentType, null, headers);
    return;
  }
  const coding = acceptedCoding(request.headers['accept-encoding']?.toString(), new Set(forms.keys()));
  const body = forms.get(coding) ?? Buffer.alloc(0);
  const encoded = coding === 'identity' ? headers : { ...headers, 'content-encoding': coding };
  sendBytes(response, 200, contentType, body, encoded);
}
