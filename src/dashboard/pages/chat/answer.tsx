/** What a model says: while it waits why, while it runs what it has said, and then all of it. */
import { useEffect } from 'react';
import { type ChatLineFragment, JobLiveDocument, JobOutputDocument } from '../../generated/graphql.ts';
import { useFolded, useLive } from '../../live/use-live.ts';
import { Markdown } from '../../markdown/markdown.tsx';
import { words } from '../../text/format.ts';
import { resumeAfter, withChunk } from '../job/output-text.ts';
import { LiveWaiting } from '../job/waiting-note.tsx';

interface AnswerProps {
  readonly message: ChatLineFragment;
  /** Its job has ended: what it said is with the message. */
  readonly onEnd: () => void;
}

export function Answer({ message, onEnd }: AnswerProps) {
  const { content, failure, isCut, job, status, thinking, truncated } = message;
  if (status == null && job) return <Growing jobId={job.id} onEnd={onEnd} />;
  return (
    <>
      <Thoughts text={thinking ?? ''} isOpen={false} />
      <Markdown text={content} />
      {failure && (
        <p className="note is-bad">
          <strong className="reason">{words(failure.code)}</strong>
          {failure.message}
        </p>
      )}
      {status === 'CANCELLED' && <p className="quiet">Stopped.</p>}
      {isCut && <p className="quiet">It ends here, as no more tokens were to be produced.</p>}
      {truncated && (
        <p className="quiet">The oldest messages were left out: the context had no room for them.</p>
      )}
    </>
  );
}

function Growing({ jobId, onEnd }: { readonly jobId: string; readonly onEnd: () => void }) {
  const job = useLive(JobLiveDocument, { id: jobId }, ({ jobUpdated }) => ({ after: jobUpdated.cursor }))
    .value?.jobUpdated.job;
  const { text, thinking } = useFolded(JobOutputDocument, { id: jobId }, withChunk, resumeAfter).value ?? {
    text: '',
    thinking: '',
  };
  const hasEnded = job?.finishedAt != null;
  // The caller's own chats are told of as well; this holds for whosever it is.
  useEffect(() => {
    if (hasEnded) onEnd();
  }, [hasEnded, onEnd]);
  const isWaiting = job !== undefined && job.startedAt == null;
  return (
    <div className="growing">
      {isWaiting && <LiveWaiting job={job} />}
      <Thoughts text={thinking} isOpen={text === ''} />
      <Markdown text={text} />
      {!isWaiting && text === '' && <span className="caret" aria-hidden="true" />}
    </div>
  );
}

function Thoughts({ text, isOpen }: { readonly text: string; readonly isOpen: boolean }) {
  if (text === '') return null;
  return (
    <details className="thinking" open={isOpen}>
      <summary>Thinking</summary>
      <p className="text quiet">{text}</p>
    </details>
  );
}
