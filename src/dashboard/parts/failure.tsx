/** What could not be shown or done, in the words of whoever refused. */

interface FailureProps {
  readonly problem: Error;
  readonly again?: () => void;
}

export function Failure({ problem, again }: FailureProps) {
  return (
    <div className="failure" role="alert">
      <p>{problem.message}</p>
      {again && (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
