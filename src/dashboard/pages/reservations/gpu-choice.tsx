/** One of the GPUs, or none in particular. */
import type { MapGpuFragment } from '../../generated/graphql.ts';

interface GpuChoiceProps {
  readonly gpus: readonly MapGpuFragment[];
  /** Its id; empty: none in particular. */
  readonly value: string;
  readonly onChange: (id: string) => void;
  /** What none in particular means. */
  readonly any: string;
}

export function GpuChoice({ gpus, value, onChange, any }: GpuChoiceProps) {
  return (
    <label>
      GPU
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{any}</option>
        {gpus.map(({ id, index, name }) => (
          <option key={id} value={id}>
            {index}: {name}
          </option>
        ))}
      </select>
    </label>
  );
}
