/** Where the settings are typed. */
import type { ThinkLevel } from '../generated/graphql.ts';
import { words } from '../text/format.ts';
import type { Settings } from './settings.ts';

const LEVELS: readonly ThinkLevel[] = ['OFF', 'ON', 'LOW', 'MEDIUM', 'HIGH', 'MAX'];

interface SettingsFormProps {
  readonly value: Settings;
  readonly onChange: (settings: Settings) => void;
}

export function SettingsForm({ value, onChange }: SettingsFormProps) {
  const figure = (name: 'temperature' | 'maxTokens' | 'seed', title: string, step = 1) => (
    <label>
      {title}
      <input
        type="number"
        min={0}
        step={step}
        value={value[name]}
        onChange={(event) => onChange({ ...value, [name]: event.target.value })}
      />
    </label>
  );
  return (
    <details className="asking-settings">
      <summary>System text and options</summary>
      <label>
        System text
        <textarea
          rows={3}
          value={value.system}
          onChange={(event) => onChange({ ...value, system: event.target.value })}
        />
      </label>
      <div className="fields">
        {figure('temperature', 'Temperature', 0.1)}
        {figure('maxTokens', 'Most tokens')}
        {figure('seed', 'Seed')}
        <label>
          Thinking
          <select
            value={value.think}
            onChange={(event) =>
              onChange({ ...value, think: LEVELS.find((level) => level === event.target.value) ?? '' })
            }
          >
            <option value="">as the model has it</option>
            {LEVELS.map((level) => (
              <option key={level} value={level}>
                {words(level)}
              </option>
            ))}
          </select>
        </label>
      </div>
    </details>
  );
}
