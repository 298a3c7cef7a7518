/** A model that is not there yet, fetched where it is missed. */
import { type FormEvent, useEffect, useState } from 'react';
import { PullModelDocument, type PullStateFragment, PullsDocument } from '../generated/graphql.ts';
import { useChange, useCollected } from '../live/use-live.ts';
import { NO_PULLS, withPull } from '../pages/models/pull-list.ts';
import { PullRow } from '../pages/models/pull-row.tsx';

interface FetchModelProps {
  /** The one that is missed; empty for none. */
  readonly missing: string;
  readonly onFetched: (name: string) => void;
}

export function FetchModel({ missing, onFetched }: FetchModelProps) {
  const [open, setOpen] = useState(missing !== '');
  return (
    <details
      className="asking-settings"
      open={open}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>Fetch a model</summary>
      {open && <Fetching missing={missing} onFetched={onFetched} />}
    </details>
  );
}

function Fetching({ missing, onFetched }: FetchModelProps) {
  const pulls = useCollected(PullsDocument, {}, NO_PULLS, withPull).value ?? NO_PULLS;
  const pull = useChange(PullModelDocument);
  const [name, setName] = useState(missing);
  /** Of the download that was begun here. */
  const [id, setId] = useState<string | null>(null);
  const mine: PullStateFragment | undefined = pulls.find((each) => each.id === id);
  const isDone = mine?.status === 'SUCCEEDED';
  useEffect(() => {
    if (isDone) onFetched(mine.modelName);
  }, [isDone, mine?.modelName, onFetched]);
  const start = async (event: FormEvent) => {
    // The message around it is not sent.
    event.preventDefault();
    event.stopPropagation();
    const outcome = (await pull.run({ input: { model: name.trim() } }))?.pullModel;
    if (outcome?.__typename === 'PullModelPayload') setId(outcome.pull.id);
  };
  return (
    <form className="fields" onSubmit={start}>
      <label>
        Name
        <input
          className="long"
          value={name}
          placeholder="qwen3:8b, hf.co/owner/model:tag"
          required
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <button type="submit" className="button" disabled={pull.running}>
        Fetch
      </button>
      {pull.problem && (
        <p className="refusal" role="alert">
          {pull.problem.message}
        </p>
      )}
      {mine && (
        <ul className="pulls">
          <PullRow pull={mine} />
        </ul>
      )}
    </form>
  );
}
