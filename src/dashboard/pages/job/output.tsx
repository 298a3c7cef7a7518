/** What it produces, as it is produced; what it thought on the way is folded. */
import { type JobFactsFragment, JobOutputDocument } from '../../generated/graphql.ts';
import { useFolded } from '../../live/use-live.ts';
import { Empty, Loaded, Skeleton } from '../../parts/loaded.tsx';
import { countText } from '../../text/format.ts';
import { resumeAfter, withChunk } from './output-text.ts';

export function Output({ job }: { readonly job: JobFactsFragment }) {
  if (job.kind === 'EMBED') return job.finishedAt == null ? <Empty>No vectors yet.</Empty> : null;
  return <Text id={job.id} ended={job.finishedAt != null} />;
}

function Text({ id, ended }: { readonly id: string; readonly ended: boolean }) {
  const output = useFolded(JobOutputDocument, { id }, withChunk, resumeAfter);
  if (output.value === undefined && output.problem === null)
    return output.ended || !ended ? (
      <Empty>{output.ended ? 'It has no output.' : 'Nothing yet.'}</Empty>
    ) : (
      <Skeleton lines={3} />
    );
  return (
    <Loaded shown={output}>
      {({ text, thinking }) => (
        <>
          {thinking !== '' && (
            <details className="thinking" open={text === ''}>
              <summary>Thinking, {countText(thinking.length)} characters</summary>
              <p className="text quiet">{thinking}</p>
            </details>
          )}
          <p className="text" data-output>
            {text}
            {!ended && <span className="caret" aria-hidden="true" />}
          </p>
        </>
      )}
    </Loaded>
  );
}
