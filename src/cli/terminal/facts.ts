/** Facts with their names in front, a line each. */
import type { Terminal } from './terminal.ts';
import { wrapped } from './wrapped.ts';

export type Fact = readonly [name: string, value: string | null | undefined];

const NAME_WIDTH = 11;

/** Those without a value are left out. */
export function factLines(facts: readonly Fact[], terminal: Pick<Terminal, 'style' | 'columns'>): string {
  const lines = facts.flatMap(([name, value]) =>
    value
      ? [wrapped(`${terminal.style('dim', name.padEnd(NAME_WIDTH))}${value}`, terminal.columns, NAME_WIDTH)]
      : [],
  );
  return lines.join('\n');
}
