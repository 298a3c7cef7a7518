/** The command that asks for a job. Where the browser does not let a page copy, as over plain HTTP, it is shown to be copied by hand. */
import { useState } from 'react';
import { useSession } from '../../live/session.tsx';

type Copying = 'not yet' | 'copied' | 'by hand';

export function CopyCommand({ id }: { readonly id: string }) {
  const { hasKey } = useSession();
  const [copying, setCopying] = useState<Copying>('not yet');
  const command = commandFor(id, hasKey);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      setCopying('copied');
    } catch {
      setCopying('by hand');
    }
  };
  return (
    <>
      <button type="button" className="button" onClick={copy}>
        {copying === 'copied' ? 'Copied' : 'Copy as curl'}
      </button>
      {copying === 'by hand' && (
        <input
          className="long"
          aria-label="The command, to be copied"
          readOnly
          value={command}
          onFocus={(event) => event.currentTarget.select()}
        />
      )}
    </>
  );
}

/** The key itself is not put in: it would be in the history of a shell. The command line takes it from the same variable. */
function commandFor(id: string, hasKey: boolean): string {
  const query = 'query ($id: ID!) { job(id: $id) { status result { ... on TextResult { text } } } }';
  const body = JSON.stringify({ query, variables: { id } });
  const key = hasKey ? ' -H "authorization: Bearer $VRAMKEEPER_KEY"' : '';
  return `curl ${location.origin}/graphql${key} -H 'content-type: application/json' -d '${body}'`;
}
