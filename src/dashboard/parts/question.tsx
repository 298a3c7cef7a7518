/**
 * Questions that are asked before something is destroyed. One place above all pages asks them: a question stands as it was put until it is
 * answered, whatever becomes meanwhile of the row whose button put it.
 */
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';

export interface Question {
  readonly text: string;
  /** The word of the button that says yes. */
  readonly yes: ReactNode;
  readonly run: () => unknown;
}

const AskContext = createContext<(question: Question) => void>(() => {});

/** @returns what puts a question */
export const useAsk = (): ((question: Question) => void) => useContext(AskContext);

export function QuestionRoot({ children }: { readonly children: ReactNode }) {
  const [question, setQuestion] = useState<Question | null>(null);
  return (
    <AskContext value={setQuestion}>
      {children}
      {question && <Asked question={question} onClose={() => setQuestion(null)} />}
    </AskContext>
  );
}

interface AskedProps {
  readonly question: Question;
  readonly onClose: () => void;
}

function Asked({ question: { text, yes, run }, onClose }: AskedProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="question" aria-label={text} onClose={onClose}>
      <form method="dialog">
        <p>{text}</p>
        <div className="question-answers">
          <button type="submit" className="button">
            No
          </button>
          <button type="submit" className="button danger" onClick={() => run()}>
            {yes}
          </button>
        </div>
      </form>
    </dialog>
  );
}
