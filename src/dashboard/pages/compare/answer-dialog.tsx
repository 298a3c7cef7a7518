/** One answer as a whole: read as Markdown, with its figures, a rating and a note. */
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { Markdown } from '../../markdown/markdown.tsx';
import { Facts } from '../../parts/facts.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { Status } from '../../parts/status.tsx';
import { countText, durationText, words } from '../../text/format.ts';
import { type Cell, figuresOf } from './cells.ts';
import { Difference, type Other } from './difference.tsx';
import { InputOf } from './grid.tsx';
import type { Input } from './inputs.ts';
import type { Rating } from './plan.ts';
import { Stars } from './stars.tsx';

interface AnswerDialogProps {
  readonly cell: Cell;
  readonly model: string;
  readonly input: Input | undefined;
  /** From 1. */
  readonly row: number;
  /** Those of other models to the same input. */
  readonly others: readonly Other[];
  readonly rating: Rating | undefined;
  readonly problem: Error | null;
  readonly onRate: (rating: Rating) => void;
  readonly onClose: () => void;
}

export function AnswerDialog(props: AnswerDialogProps) {
  const { cell, model, input, row, others, rating, problem, onRate, onClose } = props;
  const { job, said } = cell;
  const dialog = useRef<HTMLDialogElement>(null);
  const [note, setNote] = useState(rating?.note ?? '');
  useEffect(() => dialog.current?.showModal(), []);
  const about = `${model} to input ${row}`;
  const keepNote = () => {
    if (note !== (rating?.note ?? '')) onRate({ ...rating, note });
  };
  return (
    <dialog
      ref={dialog}
      className="answer-dialog"
      aria-label={`Answer of ${about}`}
      onClose={() => {
        keepNote();
        onClose();
      }}
    >
      <header className="job-head">
        <h2>
          <ModelName name={model} />
        </h2>
        <Status of={job.status} />
        <span className="actions">
          <Link href={`/jobs/${job.id}`} className="button">
            The job
          </Link>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </span>
      </header>
      <InputOf input={input} place={row} />
      <div className="answer-whole">
        {said.thinking !== '' && (
          <details className="thinking" open={said.text === ''}>
            <summary>Thinking</summary>
            <p className="text quiet">{said.thinking}</p>
          </details>
        )}
        <Markdown text={said.text} />
        {job.failure && (
          <p className="note is-bad">
            <strong className="reason">{words(job.failure.code)}</strong>
            {job.failure.message}
          </p>
        )}
      </div>
      <Difference model={model} text={said.text} others={others} />
      <FiguresOf cell={cell} />
      <div className="answer-rating">
        <Stars
          value={rating?.stars}
          about={about}
          onRate={(stars) => onRate({ ...rating, stars } as Rating)}
        />
        <label>
          Note
          <textarea
            rows={2}
            value={note}
            onChange={(event) => setNote(event.target.value)}
            onBlur={keepNote}
          />
        </label>
        {problem && (
          <p className="refusal" role="alert">
            {problem.message}
          </p>
        )}
      </div>
    </dialog>
  );
}

function FiguresOf({ cell: { job, said } }: { readonly cell: Cell }) {
  const { firstTokenMs, runMs, tokens, tokensPerSecond } = figuresOf(job);
  const result = job.result?.__typename === 'TextResult' ? job.result : null;
  return (
    <Facts
      facts={[
        [
          'Length',
          said.text === ''
            ? null
            : `${countText(said.text.length)} characters${tokens === null ? '' : `, ${countText(tokens)} tokens`}`,
        ],
        ['Speed', tokensPerSecond === null ? null : `${tokensPerSecond.toFixed(1)} tokens a second`],
        ['First token', firstTokenMs === null ? null : `after ${durationText(firstTokenMs)}`],
        ['Run', runMs === null ? null : durationText(runMs)],
        ['Ended by', result ? words(result.doneReason) : null],
        ['Prompt', result?.truncated ? 'cut: the context had no room for it' : null],
      ]}
    />
  );
}
