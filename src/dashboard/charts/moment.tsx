/** Which step of the pictures is looked at: moved by the keys, by a finger, and heard as a time. */

interface MomentProps {
  readonly steps: number;
  /** Null: none yet. */
  readonly at: number | null;
  readonly name: (step: number) => string;
  readonly onPick: (step: number) => void;
}

export function Moment({ steps, at, name, onPick }: MomentProps) {
  const step = at ?? steps - 1;
  return (
    <label className="moment">
      <span className="unseen">Moment</span>
      <input
        type="range"
        min={0}
        max={Math.max(0, steps - 1)}
        value={step}
        aria-valuetext={name(step)}
        onChange={(event) => onPick(Number(event.target.value))}
      />
    </label>
  );
}
