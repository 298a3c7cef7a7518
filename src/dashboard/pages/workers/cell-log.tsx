/** What a process wrote last, in a window of its own. */
import { useRef, useState } from 'react';
import { CellTailDocument } from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Loaded } from '../../parts/loaded.tsx';

export function CellLog({ id, pid }: { readonly id: string; readonly pid: number }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const show = () => {
    setOpen(true);
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" className="button" onClick={show}>
        Log<span className="unseen"> of process {pid}</span>
      </button>
      <dialog
        ref={dialog}
        className="log"
        aria-label={`Log of process ${pid}`}
        onClose={() => setOpen(false)}
      >
        {open && <Tail id={id} />}
        <form method="dialog">
          <button type="submit" className="button">
            Close
          </button>
        </form>
      </dialog>
    </>
  );
}

function Tail({ id }: { readonly id: string }) {
  const tail = useAnswer(CellTailDocument, { id });
  return (
    <Loaded shown={tail} lines={10}>
      {({ node }) => (
        // Reached by keyboard, so that it can be scrolled.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as said above.
        <pre className="log-lines" tabIndex={0}>
          {node?.__typename === 'Cell' && node.logTail.length > 0
            ? node.logTail.join('\n')
            : 'It has written nothing.'}
        </pre>
      )}
    </Loaded>
  );
}
