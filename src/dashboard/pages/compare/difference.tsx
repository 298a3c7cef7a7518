/** One answer beside another one to the same input: what only one of them says is marked. */
import { useState } from 'react';
import { type Piece, wordDiff } from './word-diff.ts';

export interface Other {
  readonly model: string;
  readonly text: string;
}

interface DifferenceProps {
  readonly model: string;
  readonly text: string;
  readonly others: readonly Other[];
}

export function Difference({ model, text, others }: DifferenceProps) {
  const [beside, setBeside] = useState('');
  const other = others.find((each) => each.model === beside);
  if (others.length === 0) return null;
  return (
    <div className="difference">
      <label>
        Beside{' '}
        <select value={beside} onChange={(event) => setBeside(event.target.value)}>
          <option value="">no other answer</option>
          {others.map((each) => (
            <option key={each.model} value={each.model}>
              {each.model}
            </option>
          ))}
        </select>
      </label>
      {other && <Both first={{ model, text }} second={other} />}
    </div>
  );
}

function Both({ first, second }: { readonly first: Other; readonly second: Other }) {
  const pieces = wordDiff(first.text, second.text);
  return (
    <div className="difference-texts">
      <Side of={first.model} pieces={pieces} kind="first" />
      <Side of={second.model} pieces={pieces} kind="second" />
    </div>
  );
}

interface SideProps {
  readonly of: string;
  readonly pieces: readonly Piece[];
  readonly kind: 'first' | 'second';
}

function Side({ of, pieces, kind }: SideProps) {
  const own = pieces.filter((piece) => piece.kind === 'both' || piece.kind === kind);
  return (
    <section>
      <h3>{of}</h3>
      <p className="text">
        {own.map((piece, place) =>
          piece.kind === 'both' ? (
            <span key={place}>{piece.text}</span>
          ) : (
            <mark key={place}>{piece.text}</mark>
          ),
        )}
      </p>
    </section>
  );
}
