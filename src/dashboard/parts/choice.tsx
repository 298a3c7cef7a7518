/** One of a few, as buttons beside each other. */

interface ChoiceProps<T> {
  readonly legend: string;
  readonly of: readonly T[];
  readonly value: T;
  readonly name: (each: T) => string;
  readonly onChange: (chosen: T) => void;
}

export function Choice<T>({ legend, of, value, name, onChange }: ChoiceProps<T>) {
  return (
    <fieldset className="windows">
      <legend className="unseen">{legend}</legend>
      {of.map((each) => (
        <button
          key={name(each)}
          type="button"
          className="window"
          aria-pressed={each === value}
          onClick={() => onChange(each)}
        >
          {name(each)}
        </button>
      ))}
    </fieldset>
  );
}
