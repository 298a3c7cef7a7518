/** Whether what is shown is live. */
import { useLink } from '../live/use-live.ts';

const WORDS = {
  connecting: 'Connecting',
  open: 'Live',
  lost: 'Lost',
  refused: 'Refused',
} as const;

export function LinkState() {
  const { status } = useLink();
  return (
    <span className={`link-state is-${status}`} role="status">
      <span className="link-dot" aria-hidden="true" />
      {WORDS[status]}
    </span>
  );
}
