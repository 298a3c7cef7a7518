const DIGITS = /[A-Za-z0-9+/\r\n]*/y;
const LINE_BREAKS = /[\r\n]*/y;

function endOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.test(text);
  return pattern.lastIndex;
}

/** Where Go's base64 decoder stops; undefined when the text is good. Line breaks are skipped. */
export function badBase64At(text: string): number | undefined {
  const stop = endOf(DIGITS, text, 0);
  const rest = text.slice(0, stop).replace(/[\r\n]/g, '').length % 4;
  // Of a group that is not complete Go names the beginning, as if no line were broken in it.
  if (stop === text.length) return rest === 0 ? undefined : stop - rest;
  if (text.charAt(stop) !== '=' || rest < 2) return stop;
  let at = endOf(LINE_BREAKS, text, stop + 1);
  if (rest === 2) {
    if (at === text.length) return at;
    if (text.charAt(at) !== '=') return at - 1;
    at = endOf(LINE_BREAKS, text, at + 1);
  }
  return at < text.length ? at : undefined;
}
