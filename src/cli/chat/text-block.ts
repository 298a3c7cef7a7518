/** Text of several lines, between `"""` and `"""`, from the lines as they are typed. Pure. */

const MARK = '"""';
/** A block is a question, or the text of a command. */
const OPENING = /^(\/system\s+|\/set\s+system\s+)?"""/;

/** The lines of a block that is open. */
export type Block = readonly string[];

export type Fed =
  | { readonly kind: 'whole'; readonly text: string }
  | { readonly kind: 'open'; readonly block: Block };

/** @param block that is open; null where none is */
export function feed(block: Block | null, line: string): Fed {
  if (block === null) {
    const [opening, command = ''] = OPENING.exec(line) ?? [];
    if (opening === undefined) return { kind: 'whole', text: line };
    return (
      closed([], line.slice(opening.length), command) ?? {
        kind: 'open',
        block: [command, line.slice(opening.length)],
      }
    );
  }
  return closed(block.slice(1), line, block[0] ?? '') ?? { kind: 'open', block: [...block, line] };
}

function closed(before: Block, line: string, command: string): Fed | null {
  const end = line.trimEnd();
  if (!end.endsWith(MARK)) return null;
  const lines = [...before, end.slice(0, -MARK.length)];
  return { kind: 'whole', text: `${command}${trimmed(lines).join('\n')}` };
}

/** Without the empty lines beside the marks: they only set the marks apart. */
function trimmed(lines: Block): Block {
  const from = lines[0]?.trim() === '' ? 1 : 0;
  const until = lines.length > from && lines.at(-1)?.trim() === '' ? lines.length - 1 : lines.length;
  return lines.slice(from, until);
}
