/** Asks for a key, where the server wants one or does not know the one it was given. */
import { type FormEvent, useState } from 'react';
import { useSession } from '../live/session.tsx';

export function KeyForm({ known: wasGiven }: { readonly known: boolean }) {
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
        <p>
          {wasGiven
            ? 'The server does not know this key. It may have been revoked, or mistyped.'
            : 'This server asks for a key. It is one of the keys in its settings.'}
        </p>
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
      </form>
    </main>
  );
}
