/** Jobs of one priority, or of all. */
import type { JobPriority } from '../../generated/graphql.ts';
import { words } from '../../text/format.ts';

const PRIORITIES: readonly JobPriority[] = ['HIGH', 'NORMAL', 'LOW'];

interface PriorityChoiceProps {
  readonly value: JobPriority | null;
  readonly onChange: (priority: JobPriority | null) => void;
}

export function PriorityChoice({ value, onChange }: PriorityChoiceProps) {
  return (
    <select
      aria-label="Priority"
      value={value ?? ''}
      onChange={(event) => onChange(PRIORITIES.find((each) => each === event.target.value) ?? null)}
    >
      <option value="">all priorities</option>
      {PRIORITIES.map((priority) => (
        <option key={priority} value={priority}>
          {words(priority)}
        </option>
      ))}
    </select>
  );
}
