/** Fetching models, with how far each download is. */
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { PullModelDocument, PullsDocument } from '../../generated/graphql.ts';
import { useChange, useCollected } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { NO_PULLS, withPull } from './pull-list.ts';
import { PullRow } from './pull-row.tsx';

/** @param onEnd called when a download has ended, and there may be another model */
export function Pulls({ onEnd }: { readonly onEnd: () => void }) {
  const pulls = useCollected(PullsDocument, {}, NO_PULLS, withPull);
  const pull = useChange(PullModelDocument);
  const [name, setName] = useState('');
  const start = async (event: FormEvent) => {
    event.preventDefault();
    if (await pull.run({ input: { model: name.trim() } })) setName('');
  };
  const succeeded = (pulls.value ?? NO_PULLS).filter(({ status }) => status === 'SUCCEEDED').length;
  const seen = useRef(succeeded);
  useEffect(() => {
    if (succeeded > seen.current) onEnd();
    seen.current = succeeded;
  }, [succeeded, onEnd]);
  return (
    <Card title="Fetch a model">
      <form className="fields" onSubmit={start}>
        <label>
          Name
          <input
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder="qwen3:8b, hf.co/owner/model:tag"
            className="long"
            required
          />
        </label>
        <button type="submit" className="button main" disabled={pull.running}>
          Fetch
        </button>
        {pull.problem && (
          <p className="refusal" role="alert">
            {pull.problem.message}
          </p>
        )}
      </form>
      <Loaded shown={pulls} lines={1}>
        {(all) => (
          <ul className="pulls">
            {all.map((each) => (
              <PullRow key={each.id} pull={each} />
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}
