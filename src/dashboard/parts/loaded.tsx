/** What stands for a value that is not there yet: after a moment a shape of it, and where it was refused why. */
import type { ReactNode } from 'react';
import type { Shown } from '../live/use-live.ts';
import { Failure } from './failure.tsx';

interface LoadedProps<T> {
  readonly shown: Shown<T>;
  /** How many lines the value will have. */
  readonly lines?: number;
  readonly children: (value: T) => ReactNode;
}

export function Loaded<T>({ shown, lines = 3, children }: LoadedProps<T>) {
  const { value, problem, again } = shown;
  if (value === undefined)
    return problem ? <Failure problem={problem} again={again} /> : <Skeleton lines={lines} />;
  return (
    <>
      {problem && <Failure problem={problem} again={again} />}
      {children(value)}
    </>
  );
}

export function Skeleton({ lines }: { readonly lines: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        // They are all the same.
        <div key={line} className="skeleton-line" />
      ))}
    </div>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="empty">{children}</p>;
}
