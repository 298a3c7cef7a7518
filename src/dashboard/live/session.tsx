/** Who looks at the server: everything below is made anew with another key. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { Connection } from './connection.ts';
import { Flush } from './flush.ts';
import { forgetKey, keepKey, readKey } from './key.ts';
import { LiveStore } from './live-store.ts';
import { LiveContext } from './use-live.ts';

export interface Session {
  readonly hasKey: boolean;
  useKey(key: string, remember: boolean): void;
  forgetKey(): void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('This component stands outside of the page.');
  return session;
}

export function SessionRoot({ children }: { readonly children: ReactNode }) {
  const [key, setKey] = useState(readKey);
  const live = useMemo(() => ({ connection: new Connection(key), store: new LiveStore(new Flush()) }), [key]);
  useEffect(() => () => live.connection.close(), [live]);
  const session = useMemo<Session>(
    () => ({
      hasKey: key !== null,
      useKey(given, remember) {
        keepKey(given, remember);
        setKey(given);
      },
      forgetKey() {
        forgetKey();
        setKey(null);
      },
    }),
    [key],
  );
  return (
    <SessionContext value={session}>
      <LiveContext value={live}>{children}</LiveContext>
    </SessionContext>
  );
}
