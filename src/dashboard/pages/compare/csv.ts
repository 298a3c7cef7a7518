/** Tables as text, RFC 4180: fields in quotes may hold commas, quotes and ends of lines. */

/** Rows of fields, with empty lines left out. A tab or a semicolon separates where the first line has no comma. */
export function readCsv(text: string): readonly (readonly string[])[] {
  const clean = text.replace(/^\uFEFF/, '');
  const [first = ''] = clean.split(/\r?\n/, 1);
  const separator = [',', '\t', ';'].find((each) => first.includes(each)) ?? ',';
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endField = () => {
    row.push(field);
    field = '';
  };
  const endRow = () => {
    endField();
    if (row.some((each) => each.trim() !== '')) rows.push(row);
    row = [];
  };
  for (let at = 0; at < clean.length; at += 1) {
    const char = clean[at];
    if (quoted) {
      if (char !== '"') field += char;
      else if (clean[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field === '') quoted = true;
    else if (char === separator) endField();
    else if (char === '\n' || char === '\r') {
      if (char === '\r' && clean[at + 1] === '\n') at += 1;
      endRow();
    } else field += char;
  }
  endRow();
  return rows;
}

/** What a spreadsheet would run is text with an apostrophe before it. */
export function writeCsv(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(fieldOf).join(',')}\r\n`).join('');
}

function fieldOf(value: string | number | null): string {
  if (value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const NAMES = ['prompt', 'text', 'input', 'question'];

/** The texts of a file: a column that is named so, else the first one; of a file that is no table each line. */
export function textsOf(name: string, content: string): readonly string[] {
  if (/\.jsonl?$/i.test(name)) return content.split('\n').flatMap(textOfLine);
  if (!/\.(csv|tsv)$/i.test(name)) return content.split(/\r?\n/).filter((line) => line.trim() !== '');
  const [head = [], ...rows] = readCsv(content);
  const named = head.findIndex((title) => NAMES.includes(title.trim().toLowerCase()));
  const body = named >= 0 ? rows : [head, ...rows];
  return body.map((row) => row[Math.max(0, named)] ?? '').filter((text) => text.trim() !== '');
}

function textOfLine(line: string): readonly string[] {
  if (line.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'string') return [value];
    const found = NAMES.map((name) => (value as Record<string, unknown> | null)?.[name]);
    return found.filter((text) => typeof text === 'string').slice(0, 1);
  } catch {
    return [];
  }
}
