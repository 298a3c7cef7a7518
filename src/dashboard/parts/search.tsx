/** Where `/` goes. */

interface SearchProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly what: string;
}

export function Search({ value, onChange, what }: SearchProps) {
  return (
    <input
      type="search"
      className="search"
      data-search
      placeholder={`Search ${what}`}
      aria-label={`Search ${what}`}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        onChange('');
        event.currentTarget.blur();
      }}
    />
  );
}
