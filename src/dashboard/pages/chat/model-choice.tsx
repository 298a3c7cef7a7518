/** Which model answers, and what it would take until it does. */
import { stateOf, type TalkingModel } from '../../asking/models.ts';

interface ModelChoiceProps {
  readonly models: readonly TalkingModel[];
  readonly value: string;
  readonly onChange: (name: string) => void;
}

export function ModelChoice({ models, value, onChange }: ModelChoiceProps) {
  const isKnown = models.some(({ name }) => name === value);
  return (
    <select aria-label="Model" value={value} onChange={(event) => onChange(event.target.value)}>
      {!isKnown && <option value={value}>{value === '' ? 'Choose a model' : `${value} (not there)`}</option>}
      {models.map((model) => (
        <option key={model.id} value={model.name}>
          {model.name} · {stateOf(model)}
        </option>
      ))}
    </select>
  );
}
