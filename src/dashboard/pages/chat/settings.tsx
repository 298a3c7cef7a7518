/** What a chat is answered with, beside its model: kept with the chat. */
import { type ChatSettingsFragment, UpdateChatDocument } from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';

export interface Settings {
  readonly system: string;
  readonly temperature: string;
  readonly maxTokens: string;
}

export const NO_SETTINGS: Settings = { system: '', temperature: '', maxTokens: '' };

export function settingsOf({ options, system }: ChatSettingsFragment): Settings {
  return {
    system: system ?? '',
    temperature: options.temperature?.toString() ?? '',
    maxTokens: options.maxTokens?.toString() ?? '',
  };
}

/** As the API takes them: what is left empty is the model's to say. */
export function settingsInput({ maxTokens, system, temperature }: Settings) {
  return {
    system: system.trim() === '' ? null : system,
    options: {
      ...(temperature !== '' && { temperature: Number(temperature) }),
      ...(maxTokens !== '' && { maxTokens: Number(maxTokens) }),
    },
  };
}

interface SettingsFormProps {
  readonly value: Settings;
  readonly onChange: (settings: Settings) => void;
}

export function SettingsForm({ value, onChange }: SettingsFormProps) {
  return (
    <details className="chat-settings">
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
        <label>
          Temperature
          <input
            type="number"
            min={0}
            step={0.1}
            value={value.temperature}
            onChange={(event) => onChange({ ...value, temperature: event.target.value })}
          />
        </label>
        <label>
          Most tokens
          <input
            type="number"
            min={1}
            value={value.maxTokens}
            onChange={(event) => onChange({ ...value, maxTokens: event.target.value })}
          />
        </label>
      </div>
    </details>
  );
}

/** The title, to be read and written. */
export function Title({ chat }: { readonly chat: ChatSettingsFragment }) {
  const rename = useChange(UpdateChatDocument);
  const save = (title: string) => {
    if (title.trim() !== '' && title !== chat.title) void rename.run({ input: { id: chat.id, title } });
  };
  return (
    <>
      <input
        key={chat.title}
        className="chat-title"
        aria-label="Title of the chat"
        defaultValue={chat.title}
        maxLength={200}
        onBlur={(event) => save(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
      />
      {rename.problem && (
        <p className="refusal" role="alert">
          {rename.problem.message}
        </p>
      )}
    </>
  );
}
