/** Time and timers of the page: the one place that asks the browser for them. */

export const now = (): number => Date.now();

/** @returns what stops it */
export function after(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** @returns what stops it */
export function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}
