/** The keys, told by `?`. */
import type { RefObject } from 'react';
import { usePages } from './use-pages.ts';

const OTHERS: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'search'],
  ['j  k', 'next and previous row'],
  ['Enter', 'open the row'],
  ['Esc', 'close what is open'],
  ['?', 'this list'],
];

export function Help({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  const keys = [...usePages().map(({ letter, title }) => [`g  ${letter}`, title] as const), ...OTHERS];
  return (
    <dialog ref={dialog} className="help" aria-label="Keys">
      <h2>Keys</h2>
      <dl className="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              {key.split('  ').map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" className="button">
          Close
        </button>
      </form>
    </dialog>
  );
}
