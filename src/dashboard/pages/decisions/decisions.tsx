/** What the scheduler did and why, newest first. */
import { useState } from 'react';
import type { DecisionKind } from '../../generated/graphql.ts';
import { Card } from '../../parts/card.tsx';
import { Search } from '../../parts/search.tsx';
import { words } from '../../text/format.ts';
import { DecisionPages } from './decision-pages.tsx';

const KINDS: readonly DecisionKind[] = [
  'LOAD',
  'DRAIN',
  'UNLOAD',
  'WAIT',
  'FALLBACK',
  'DISPATCH',
  'ADMISSION_REFUSED',
  'CELL_START',
  'CELL_END',
  'CELL_DEATH',
];
/** Jobs that are handed out would hide all else. */
const USUAL: readonly DecisionKind[] = KINDS.filter((kind) => kind !== 'DISPATCH');

export function Decisions() {
  const [kinds, setKinds] = useState<readonly DecisionKind[]>(USUAL);
  const [model, setModel] = useState('');
  const toggle = (kind: DecisionKind) =>
    setKinds(kinds.includes(kind) ? kinds.filter((each) => each !== kind) : [...kinds, kind]);
  return (
    <div className="page">
      <h1 className="unseen">Decisions</h1>
      <Card title="Decisions" aside={<Search value={model} onChange={setModel} what="by a model's name" />}>
        <fieldset className="kinds">
          <legend className="unseen">Kinds</legend>
          {KINDS.map((kind) => (
            <label key={kind} className="check">
              <input type="checkbox" checked={kinds.includes(kind)} onChange={() => toggle(kind)} />
              {words(kind)}
            </label>
          ))}
        </fieldset>
        <DecisionPages filter={{ kinds: [...kinds], model: model.trim() || null }} />
      </Card>
    </div>
  );
}
