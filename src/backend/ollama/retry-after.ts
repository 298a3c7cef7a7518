/** When a server that refuses wants to be asked again. */

/** RFC 9110, 10.2.3: seconds, or a date. In milliseconds; undefined where it is neither. @param now epoch milliseconds */
export function retryAfter(header: string | string[] | undefined, now: number): number | undefined {
  const text = String(header ?? '').trim();
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const at = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
