/** The key of who looks: kept for the tab, or in the browser where that is asked for. Never in a URL. */

const NAME = 'vramkeeper-key';

export function readKey(): string | null {
  return attempt(() => sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME)) ?? null;
}

export function keepKey(key: string, remember: boolean): void {
  forgetKey();
  attempt(() => (remember ? localStorage : sessionStorage).setItem(NAME, key));
}

export function forgetKey(): void {
  attempt(() => {
    sessionStorage.removeItem(NAME);
    localStorage.removeItem(NAME);
  });
}

/** Browsers can be told to keep nothing; then the key lasts until the page is loaded again. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
