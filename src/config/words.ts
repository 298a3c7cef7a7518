/** A command as it is written in the settings, cut into words. No shell reads it, so nothing of a shell's means anything in it. */

/** What only a shell does, where it stands outside of quotes. */
const SHELLS_OWN = /^(&&?|\|\|?|;|>>?|<<?|\d?>&?\d?)$/;

/**
 * Words are separated by white space; quotes of both kinds keep it together, a backslash takes the next character as it is, and at the end of a
 * line joins it to the next one.
 * @throws Error that says what is wrong with it
 */
export function splitWords(command: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  let quoted = false;
  const end = () => {
    if (word !== null) words.push(checked(word, quoted));
    word = null;
    quoted = false;
  };
  for (let at = 0; at < command.length; at += 1) {
    const character = command[at] ?? '';
    if (character === '\\' && quote !== "'") {
      at += 1;
      const next = command[at];
      if (next === undefined) throw new Error('it ends with a backslash.');
      if (next === '\n') continue;
      // In double quotes a backslash stands for itself before all that needs none, as in the paths of Windows and in patterns.
      const kept = quote === '"' && !'"\\'.includes(next) ? `\\${next}` : next;
      word = (word ?? '') + kept;
      quoted = true;
    } else if (quote !== null) {
      if (character === quote) quote = null;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      quoted = true;
      word ??= '';
    } else if (/\s/.test(character)) end();
    else word = (word ?? '') + character;
  }
  if (quote !== null) throw new Error(`a quotation mark (${quote}) is open at its end.`);
  end();
  if (words.length === 0) throw new Error('it is empty.');
  return words;
}

function checked(word: string, quoted: boolean): string {
  if (quoted) return word;
  if (SHELLS_OWN.test(word))
    throw new Error(
      `"${word}" means something to a shell alone, and no shell reads it. Write one program with its arguments, or a script of your own.`,
    );
  if (/^\$\(|`|^\$\{?\w/.test(word))
    throw new Error(
      `"${word}" is filled in by a shell alone, and no shell reads it. Write the value itself, or set it under env.`,
    );
  return word;
}
