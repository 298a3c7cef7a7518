/** One figure that is read from across the room. */
import type { ReactNode } from 'react';

interface TileProps {
  readonly name: string;
  readonly value: ReactNode;
  /** Smaller, right behind the value. */
  readonly unit?: string;
  readonly note?: ReactNode;
  readonly tone?: 'plain' | 'good' | 'warn' | 'bad';
}

export function Tile({ name, value, unit, note, tone = 'plain' }: TileProps) {
  return (
    <div className={`tile tone-${tone}`}>
      <dt>{name}</dt>
      <dd>
        <span className="tile-value">
          {value}
          {unit !== undefined && <span className="tile-unit"> {unit}</span>}
        </span>
        <span className="tile-note">{note ?? '\u00a0'}</span>
      </dd>
    </div>
  );
}
