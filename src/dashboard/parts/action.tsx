/** A button that changes something: it says when it is at work, and in place why it was refused. What destroys asks first. */
import { type ReactNode, useRef } from 'react';

interface ActionProps {
  readonly change: { readonly running: boolean; readonly problem: Error | null; readonly forget: () => void };
  readonly run: () => unknown;
  /** What it is done to, for whoever does not see the row. */
  readonly about: string;
  /** The question that is asked first. */
  readonly ask?: string | undefined;
  readonly kind?: 'plain' | 'main' | 'danger';
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

export function Action({ change, run, about, ask, kind = 'plain', disabled = false, children }: ActionProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const start = () => (ask === undefined ? run() : dialog.current?.showModal());
  return (
    <span className="action">
      <button
        type="button"
        className={`button ${kind}`}
        onClick={start}
        disabled={disabled || change.running}
        aria-busy={change.running}
      >
        {children}
        <span className="unseen"> {about}</span>
      </button>
      {ask !== undefined && (
        <dialog ref={dialog} className="question" aria-label={ask}>
          <form method="dialog">
            <p>{ask}</p>
            <div className="question-answers">
              <button type="submit" className="button">
                No
              </button>
              <button type="submit" className="button danger" onClick={() => run()}>
                {children}
              </button>
            </div>
          </form>
        </dialog>
      )}
      {change.problem && (
        <span className="refusal" role="alert">
          {change.problem.message}
          <button type="button" className="button bare" onClick={change.forget} aria-label="Dismiss">
            ×
          </button>
        </span>
      )}
    </span>
  );
}
