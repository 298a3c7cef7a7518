/** The models that are compared, each with what it would take until it answers. */
import { useState } from 'react';
import { sees, stateOf, useTalkingModels } from '../../asking/models.ts';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { ModelName } from '../../parts/ranks.tsx';

interface ModelsProps {
  readonly chosen: readonly string[];
  /** Images are among what is asked. */
  readonly hasImages: boolean;
  /** What is wrong with a model, by its name. */
  readonly problems: ReadonlyMap<string, string>;
  readonly onChange: (models: readonly string[]) => void;
}

/** So many are looked through without a search. */
const FEW = 8;

export function ModelsToCompare({ chosen, hasImages, problems, onChange }: ModelsProps) {
  const models = useTalkingModels();
  const [search, setSearch] = useState('');
  const known = models.value ?? [];
  const gone = models.value ? chosen.filter((name) => !known.some((model) => model.name === name)) : [];
  const toggle = (name: string) =>
    onChange(chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]);
  const found = known.filter(({ name }) => name.includes(search.trim().toLowerCase()));
  return (
    <fieldset className="compare-models">
      <legend className="unseen">Models to compare</legend>
      {known.length > FEW && (
        <input
          type="search"
          placeholder="Search models"
          aria-label="Search models"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
      <Loaded shown={models} lines={5}>
        {() => (
          <ul>
            {[
              ...gone.map((name) => ({ name, state: 'not there any more' })),
              ...found.map((model) => ({
                name: model.name,
                state: hasImages && !sees(model) ? 'does not see images' : stateOf(model),
              })),
            ].map(({ name, state }) => (
              <li key={name}>
                <label className="check">
                  <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
                  <ModelName name={name} />
                  <span className="quiet cut">{state}</span>
                </label>
                {problems.has(name) && <p className="refusal">{problems.get(name)}</p>}
              </li>
            ))}
            {found.length === 0 && (
              <Empty>{known.length === 0 ? 'There are no models yet.' : 'None has that name.'}</Empty>
            )}
          </ul>
        )}
      </Loaded>
    </fieldset>
  );
}
