/** Writes `schema.graphql`; with `--check` it writes nothing, and exits with 1 when that file is not what would be written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './schema.ts';

const FILE = fileURLToPath(new URL('../../schema.graphql', import.meta.url));

/** Sorted, so that moving code around changes nothing in it. */
export function schemaText(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** Null when it is not there. */
export function writtenSchema(): string | null {
  try {
    return readFileSync(FILE, 'utf8');
  } catch {
    return null;
  }
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) {
    writeFileSync(FILE, schemaText());
  } else if (writtenSchema() !== schemaText()) {
    console.error('schema.graphql is not what the code says. Run: npm run schema');
    process.exitCode = 1;
  }
}
