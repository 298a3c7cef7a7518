/** Who looks at the server: everything below is made anew with another key. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { Connection } from './connection.ts';
import { Flush } from './flush.ts';
import { forgetKey, keepKey, readKey } from './key.ts';
import { LiveStore } from './live-store.ts';
import { LiveContext } from './use-live.ts';

export interface Session {
  readonly hasKey: boolean;
  /** Somebody who is let in without a key wants to give one. */
  readonly wantsKey: boolean;
  /** @param wants false: has thought better of it */
  wantKey(wants: boolean): void;
  useKey(key: string, remember: boolean): void;
  forgetKey(): void;
}

interface Given {
  /** Null: none. */
  readonly key: string | null;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('This component stands outside of the page.');
  return session;
}

export function SessionRoot({ children }: { readonly children: ReactNode }) {
  // A new object with each try: the same key, given again, is tried again.
  const [given, setGiven] = useState<Given>(() => ({ key: readKey() }));
  const [wantsKey, wantKey] = useState(false);
  const live = useMemo(
    () => ({ connection: new Connection(given.key), store: new LiveStore(new Flush()) }),
    [given],
  );
  useEffect(() => () => live.connection.close(), [live]);
  const session = useMemo<Session>(
    () => ({
      hasKey: given.key !== null,
      wantsKey,
      wantKey,
      useKey(key, remember) {
        keepKey(key, remember);
        wantKey(false);
        setGiven({ key });
      },
      forgetKey() {
        forgetKey();
        setGiven({ key: null });
      },
    }),
    [given, wantsKey],
  );
  return (
    <SessionContext value={session}>
      <LiveContext value={live}>{children}</LiveContext>
    </SessionContext>
  );
}
