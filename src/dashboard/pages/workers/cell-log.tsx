/** What a process writes, in a window of its own. */
import { useRef, useState } from 'react';
import { CellLogDocument, type CellLogSubscription } from '../../generated/graphql.ts';
import { useCollected } from '../../live/use-live.ts';
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

const KEPT = 1_000;
const NOTHING: readonly string[] = [];

function withLines(
  lines: readonly string[],
  { cellLog: { gap, lines: more } }: CellLogSubscription,
): readonly string[] {
  return [...lines, ...(gap ? ['…'] : []), ...more].slice(-KEPT);
}

function Tail({ id }: { readonly id: string }) {
  const tail = useCollected(CellLogDocument, { id }, NOTHING, withLines);
  return (
    <Loaded shown={tail} lines={10}>
      {(lines) => (
        // Reached by keyboard, so that it can be scrolled.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: as said above.
        <pre className="log-lines" tabIndex={0}>
          {lines.length > 0 ? lines.join('\n') : 'It has written nothing.'}
        </pre>
      )}
    </Loaded>
  );
}
