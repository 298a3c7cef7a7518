/** How components ask: once (`useAnswer`), as it changes (`useLive`), and for a change (`useChange`). */
import { createContext, useCallback, useContext, useMemo, useState, useSyncExternalStore } from 'react';
import type { TypedDocumentString } from '../generated/graphql.ts';
import type { Connection, Link } from './connection.ts';
import type { Known, LiveStore, Source, SourceKind } from './live-store.ts';
import { problemOf, ServerProblem } from './problems.ts';

export interface Live {
  readonly connection: Connection;
  readonly store: LiveStore;
}

export const LiveContext = createContext<Live | null>(null);

export function useLiveParts(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('This component stands outside of the page.');
  return live;
}

export function useLink(): Link {
  const { connection } = useLiveParts();
  return useSyncExternalStore(connection.watch, () => connection.link);
}

export interface Shown<T> extends Known<T> {
  /** Asks again. */
  readonly again: () => void;
}

function useSource<T>(name: string, kind: SourceKind, source: Source<T>): Shown<T> {
  const { store } = useLiveParts();
  // The name says all that the source depends on.
  const watch = useCallback(
    (listener: () => void) => store.watch(name, kind, source, listener),
    [store, name, kind],
  );
  const known = useSyncExternalStore(watch, () => store.known<T>(name));
  const again = useCallback(() => store.again(name), [store, name]);
  return useMemo(() => ({ ...known, again }), [known, again]);
}

/** The variables with which a stream goes on after this event when it was lost. */
export type Resume<Result, Variables> = (event: Result) => Partial<Variables>;

/** The newest event. */
export function useLive<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: NoInfer<Variables>,
  resume?: Resume<Result, Variables>,
): Shown<Result> {
  return useFolded(document, variables, (_: Result | undefined, event) => event, resume);
}

/** What becomes of all events. @param fold has to be the same for the same document */
export function useFolded<Result, Variables, T>(
  document: TypedDocumentString<Result, Variables>,
  variables: NoInfer<Variables>,
  fold: (value: T | undefined, event: Result) => T,
  resume?: Resume<Result, Variables>,
): Shown<T> {
  const { connection } = useLiveParts();
  return useSource<T>(nameOf(document, variables), 'stream', ({ put, fail, end }) => {
    const sent = { ...variables };
    let value: T | undefined;
    return connection.follow(document, sent, {
      next: (event) => {
        if (resume) Object.assign(sent as object, resume(event));
        value = fold(value, event);
        put(value);
      },
      failed: fail,
      done: end,
    });
  });
}

/**
 * What is collected from a stream that tells all from the start with each connection.
 * @param start and `fold` have to be the same for the same document
 */
export function useCollected<Result, Variables, T>(
  document: TypedDocumentString<Result, Variables>,
  variables: NoInfer<Variables>,
  start: T,
  fold: (value: T, event: Result) => T,
): Shown<T> {
  const { connection } = useLiveParts();
  return useSource<T>(nameOf(document, variables), 'stream', ({ put, fail, end }) => {
    let value = start;
    const begin = () => {
      if (connection.link.status !== 'open') return;
      value = start;
      put(value);
    };
    const stopWatching = connection.watch(begin);
    begin();
    const stop = connection.follow(document, variables, {
      next: (event) => {
        value = fold(value, event);
        put(value);
      },
      failed: fail,
      done: end,
    });
    return () => {
      stopWatching();
      stop();
    };
  });
}

/** Asked when it is shown, and again whenever the connection comes back: what was missed meanwhile is seen then. */
export function useAnswer<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: NoInfer<Variables>,
): Shown<Result> {
  const { connection } = useLiveParts();
  return useAsked(nameOf(document, variables), (signal) => connection.ask(document, variables, signal));
}

/** A whole list, however many pages it has. @param next what asks for the page behind this one; null behind the last */
export function useAllPages<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: NoInfer<Variables>,
  next: (page: Result) => Variables | null,
): Shown<readonly Result[]> {
  const { connection } = useLiveParts();
  return useAsked(`all ${nameOf(document, variables)}`, async (signal) => {
    const pages: Result[] = [];
    for (let asked: Variables | null = variables; asked !== null && !signal.aborted; ) {
      const page: Result = await connection.ask(document, asked, signal);
      pages.push(page);
      asked = next(page);
    }
    return pages;
  });
}

function useAsked<T>(name: string, run: (signal: AbortSignal) => Promise<T>): Shown<T> {
  const { connection } = useLiveParts();
  return useSource<T>(name, 'answer', ({ put, fail }) => {
    let asking = new AbortController();
    const ask = () => {
      asking.abort();
      const mine = new AbortController();
      asking = mine;
      run(mine.signal).then(
        (answer) => mine.signal.aborted || put(answer),
        (error: unknown) => mine.signal.aborted || fail(problemOf(error)),
      );
    };
    let status = connection.link.status;
    const stopWatching = connection.watch(() => {
      const regained = connection.link.status === 'open' && status !== 'open' && status !== 'connecting';
      status = connection.link.status;
      if (regained) ask();
    });
    ask();
    return () => {
      stopWatching();
      asking.abort();
    };
  });
}

function nameOf(document: TypedDocumentString<unknown, never>, variables: unknown): string {
  return `${JSON.stringify(variables)} ${document.toString()}`;
}

export interface Change<Variables, Result> {
  /** Resolves with null where it was refused; `problem` says why then. */
  readonly run: (variables: Variables) => Promise<Result | null>;
  readonly running: boolean;
  readonly problem: Error | null;
  readonly forget: () => void;
}

/** One mutation, whose result union tells what was wrong as `{ code, message }`. */
export function useChange<Result extends object, Variables>(
  document: TypedDocumentString<Result, Variables>,
): Change<Variables, Result> {
  const { connection } = useLiveParts();
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const run = useCallback(
    async (variables: Variables) => {
      setRunning(true);
      setProblem(null);
      try {
        const result = await connection.ask(document, variables);
        for (const outcome of Object.values(result)) {
          if (isRefusal(outcome)) throw new ServerProblem(outcome.code, outcome.message);
        }
        return result;
      } catch (error) {
        setProblem(problemOf(error));
        return null;
      } finally {
        setRunning(false);
      }
    },
    [connection, document],
  );
  return { run, running, problem, forget: () => setProblem(null) };
}

function isRefusal(outcome: unknown): outcome is { readonly code: string; readonly message: string } {
  return outcome instanceof Object && 'code' in outcome && 'message' in outcome;
}
