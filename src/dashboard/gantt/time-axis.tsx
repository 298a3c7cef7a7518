/** Moments below a picture whose right edge is now. */

const TICKS = 5;
const DAY_MS = 86_400_000;

export function TimeAxis({ now, windowMs }: { readonly now: number; readonly windowMs: number }) {
  const ticks = Array.from({ length: TICKS }, (_, tick) => now - windowMs + (windowMs * tick) / (TICKS - 1));
  return (
    <div className="time-axis" aria-hidden="true">
      {ticks.map((at, tick) => (
        <span key={TICKS - tick}>{tick === TICKS - 1 ? 'now' : textOf(at, windowMs)}</span>
      ))}
    </div>
  );
}

function textOf(at: number, windowMs: number): string {
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  if (windowMs > DAY_MS) return new Date(at).toLocaleString('en-GB', { weekday: 'short', ...time });
  return new Date(at).toLocaleTimeString(
    'en-GB',
    windowMs < DAY_MS / 48 ? { ...time, second: '2-digit' } : time,
  );
}
