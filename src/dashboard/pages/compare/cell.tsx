/** One answer in the table: its state, what it says as it grows, its figures and its rating. */
import { memo } from 'react';
import { Status } from '../../parts/status.tsx';
import { durationText } from '../../text/format.ts';
import { type Cell, figuresOf } from './cells.ts';
import type { Rating } from './plan.ts';
import { Stars } from './stars.tsx';

interface CellProps {
  /** Absent: its job is not known yet, or is gone. */
  readonly cell: Cell | undefined;
  readonly place: string;
  readonly model: string;
  readonly about: string;
  readonly rating: Rating | undefined;
  readonly onOpen: (place: string) => void;
  readonly onRate: (place: string, rating: Rating) => void;
}

export const AnswerCell = memo(
  function AnswerCell({ cell, place, model, about, rating, onOpen, onRate }: CellProps) {
    return (
      <td data-title={model} data-place={place}>
        {cell ? (
          <>
            <button type="button" className="answer" onClick={() => onOpen(place)}>
              <Said cell={cell} />
              <span className="unseen">Open the answer of {about}</span>
            </button>
            <div className="answer-foot">
              <FiguresLine cell={cell} />
              {cell.job.status === 'COMPLETE' && (
                <Stars
                  value={rating?.stars}
                  about={about}
                  onRate={(stars) => onRate(place, { ...rating, stars } as Rating)}
                />
              )}
              {rating?.note !== undefined && <p className="answer-note">{rating.note}</p>}
            </div>
          </>
        ) : (
          <span className="quiet">–</span>
        )}
      </td>
    );
  },
  (before, after) =>
    before.cell?.job === after.cell?.job &&
    before.cell?.said === after.cell?.said &&
    before.rating === after.rating &&
    before.about === after.about &&
    before.onOpen === after.onOpen &&
    before.onRate === after.onRate,
);

function Said({ cell: { job, said } }: { readonly cell: Cell }) {
  if (job.failure) return <span className="answer-text status tone-bad">{job.failure.message}</span>;
  const text = said.text || (job.finishedAt == null ? said.thinking : '');
  if (text === '')
    return job.status === 'COMPLETE' ? (
      <span className="quiet">It said nothing.</span>
    ) : (
      <Status of={job.status} />
    );
  return (
    <span
      className={`answer-text ${job.finishedAt == null ? 'is-growing' : ''} ${said.text === '' ? 'quiet' : ''}`}
    >
      <span>
        {text}
        {job.finishedAt == null && <span className="caret" aria-hidden="true" />}
      </span>
    </span>
  );
}

function FiguresLine({ cell: { job } }: { readonly cell: Cell }) {
  const { firstTokenMs, tokens, tokensPerSecond } = figuresOf(job);
  if (tokens === null) return null;
  return (
    <p className="quiet answer-figures">
      {tokens} tokens
      {tokensPerSecond !== null && ` · ${tokensPerSecond.toFixed(0)}/s`}
      {firstTokenMs !== null && ` · first after ${durationText(firstTokenMs)}`}
    </p>
  );
}
