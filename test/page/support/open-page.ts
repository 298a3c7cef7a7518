/** A page in a browser of its own, watched: nothing of another origin, nothing against its policy, no error that nobody caught. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { launchBrowser } from './browser.ts';

export interface OpenPage {
  readonly page: Page;
  /** What the browser has asked for, in order. */
  readonly requests: readonly string[];
}

/** To be called once in a file. @returns what opens `url#path` */
export function useBrowser(): (
  url: string,
  path?: string,
  options?: BrowserContextOptions,
) => Promise<OpenPage> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  return async (url, path = '/', options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
    const page = await context.newPage();
    const requests: string[] = [];
    const wrong: string[] = [];
    context.on('request', (request) => {
      requests.push(request.url());
      const { host, protocol } = new URL(request.url().replace(/^blob:/, ''));
      if (protocol !== 'data:' && host !== new URL(url).host) wrong.push(`asked for ${request.url()}`);
    });
    page.on('websocket', (socket) => {
      requests.push(socket.url());
      if (new URL(socket.url()).host !== new URL(url).host) wrong.push(`opened ${socket.url()}`);
    });
    page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted ?(Types|HTML|Script)/i.test(message.text()))
        wrong.push(message.text());
    });
    onTestFinished(async () => {
      await context.close();
      expect(wrong).toEqual([]);
    });
    await page.goto(`${url}/#${path}`);
    return { page, requests };
  };
}
