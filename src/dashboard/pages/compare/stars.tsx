/** One to five stars. The one that is pressed again takes them away. */

const STARS = [1, 2, 3, 4, 5] as const;

interface StarsProps {
  readonly value: number | undefined;
  /** What is rated, for whoever does not see the table. */
  readonly about: string;
  readonly onRate: (stars: number | undefined) => void;
}

export function Stars({ value = 0, about, onRate }: StarsProps) {
  return (
    <fieldset className="stars" aria-label={`Rating of ${about}`}>
      {STARS.map((stars) => (
        <button
          key={stars}
          type="button"
          className={stars <= value ? 'is-on' : ''}
          aria-pressed={stars === value}
          aria-label={`${stars} of 5`}
          onClick={() => onRate(stars === value ? undefined : stars)}
        >
          <span aria-hidden="true">{stars <= value ? '★' : '☆'}</span>
        </button>
      ))}
    </fieldset>
  );
}
