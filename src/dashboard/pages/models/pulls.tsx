/** Fetching models, with how far each download is. */
import { type FormEvent, useEffect, useState } from 'react';
import {
  PullLiveDocument,
  PullModelDocument,
  type PullStateFragment,
  PullsDocument,
} from '../../generated/graphql.ts';
import { useAnswer, useChange, useLive } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { PullRow } from './pull-row.tsx';

/** @param onEnd called when a download has ended, and there may be another model */
export function Pulls({ onEnd }: { readonly onEnd: () => void }) {
  const pulls = useAnswer(PullsDocument, {});
  const pull = useChange(PullModelDocument);
  const [name, setName] = useState('');
  const start = async (event: FormEvent) => {
    event.preventDefault();
    const started = await pull.run({ input: { model: name.trim() } });
    if (!started) return;
    setName('');
    pulls.again();
  };
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
        {({ modelPulls }) => (
          <ul className="pulls">
            {modelPulls.map((each) => (
              <Pull key={each.id} first={each} onEnd={onEnd} />
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function Pull({ first, onEnd }: { readonly first: PullStateFragment; readonly onEnd: () => void }) {
  const live = useLive(PullLiveDocument, { id: first.id });
  const pull = live.value?.pullUpdated ?? first;
  const succeeded = pull.status === 'SUCCEEDED' && first.status !== 'SUCCEEDED';
  useEffect(() => {
    if (succeeded) onEnd();
  }, [succeeded, onEnd]);
  return <PullRow pull={pull} />;
}
