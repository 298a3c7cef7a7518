/** Asks for a key, where the server wants one, does not know the one it was given, or lets somebody in who wants to do more. */
import { type FormEvent, useState } from 'react';
import { useSession } from '../live/session.tsx';

const WHY = {
  needed: 'This server asks for a key. It is one of the keys in its settings.',
  unknown: 'The server does not know this key. It may have been revoked, or mistyped.',
  wanted:
    'What you may not do without a key you may with one. It is one of the keys in the settings of the server.',
} as const;

export function KeyForm({ why }: { readonly why: keyof typeof WHY }) {
  const session = useSession();
  const [key, setKey] = useState('');
  const [remember, setRemember] = useState(false);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() !== '') session.useKey(key.trim(), remember);
  };
  return (
    <main className="key-page">
      <form className="card key-form" onSubmit={send}>
        <h1>vramkeeper</h1>
        <p>{WHY[why]}</p>
        <label>
          Key
          <input
            type="password"
            name="key"
            autoComplete="current-password"
            required
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        </label>
        <label className="check">
          <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.target.checked)} />
          Remember it in this browser
        </label>
        <button type="submit" className="button main">
          Use this key
        </button>
        {why === 'wanted' && (
          <button type="button" className="button" onClick={() => session.wantKey(false)}>
            Go on without a key
          </button>
        )}
      </form>
    </main>
  );
}
