/** A priority that is not the usual one. */
import { words } from '../text/format.ts';

const MARKS: Readonly<Record<string, string>> = { HIGH: '↑', LOW: '↓' };

export function Priority({ of }: { readonly of: string }) {
  const mark = MARKS[of];
  if (mark === undefined) return null;
  return (
    <span className={`priority is-${of.toLowerCase()}`}>
      <span aria-hidden="true">{mark}</span> {words(of)}
    </span>
  );
}
