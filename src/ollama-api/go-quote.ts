const NAMED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};
/** What Go prints as it is: letters, marks, numbers, punctuation, symbols, and of the spaces the plain one. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const hexadecimal = (code: number, digits: number) => code.toString(16).padStart(digits, '0');

function escaped(character: string): string {
  const named = NAMED[character];
  if (named) return named;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hexadecimal(code, 2)}`;
  return code > 0xffff ? `\\U${hexadecimal(code, 8)}` : `\\u${hexadecimal(code, 4)}`;
}

/** The text as Go's `%q` prints it: control characters are `\x01`, where JSON has `\u0001`. */
export function quoteGo(text: string): string {
  return `"${Array.from(text.toWellFormed(), escaped).join('')}"`;
}

/** One byte as Go's JSON scanner quotes it in `invalid character 'x'`. */
export function quoteGoByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === "'") return `'\\''`;
  return character === '"' ? `'"'` : `'${escaped(character)}'`;
}
