/** What it waited for, one line for each time, with the numbers. */
import type { JobFactsFragment } from '../../generated/graphql.ts';
import { durationText } from '../../text/format.ts';
import { WAITED_FOR } from './time-spans.ts';

/** What lasts is told above. */
export function Waits({ job: { waits } }: { readonly job: JobFactsFragment }) {
  const over = waits.flatMap(({ to, ...wait }) => (to == null ? [] : { ...wait, to }));
  if (over.length === 0) return null;
  return (
    <ol className="waits" aria-label="What it waited for">
      {over.map(({ explanation, from, reason, to }) => (
        <li key={from}>
          <strong>{durationText(Date.parse(to) - Date.parse(from))}</strong> {WAITED_FOR[reason]}
          <span className="quiet"> · {explanation}</span>
        </li>
      ))}
    </ol>
  );
}
