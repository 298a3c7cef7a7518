/** What an instance can run at once: a square for each slot, filled where a job is in it. */

/** More are told as a number. */
const DRAWN = 8;

export function Slots({ busy, all }: { readonly busy: number; readonly all: number }) {
  if (all > DRAWN) return <span className="slots">{`${busy} / ${all}`}</span>;
  return (
    <span className="slots" aria-hidden="true">
      {Array.from({ length: all }, (_, slot) => (
        // A slot is its place.
        <i key={slot} className={slot < busy ? 'slot busy' : 'slot'} />
      ))}
    </span>
  );
}
