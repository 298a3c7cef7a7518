/** A button that changes something: it says when it is at work, and in place why it was refused. What destroys asks first. */
import type { ReactNode } from 'react';
import { useAsk } from './question.tsx';

interface ActionProps {
  readonly change: { readonly running: boolean; readonly problem: Error | null; readonly forget: () => void };
  /** As it was when the button was pressed, also where a question is answered later. */
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
  const put = useAsk();
  const start = () => (ask === undefined ? run() : put({ text: ask, yes: children, run }));
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
