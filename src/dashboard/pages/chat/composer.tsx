/** Where one writes: text, images, the model, and what it is told beforehand. What is refused stays where it was typed. */
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Picture, useAttachments } from '../../asking/attached-images.tsx';
import { FetchModel } from '../../asking/fetch-model.tsx';
import { useTalkingModels } from '../../asking/models.ts';
import { type Settings, settingsInput } from '../../asking/settings.ts';
import { SettingsForm } from '../../asking/settings-form.tsx';
import { CancelJobDocument, SendChatDocument } from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { useDraft } from './draft.ts';
import { ModelChoice } from './model-choice.tsx';

interface ComposerProps {
  /** Null: the chat is begun by what is sent. */
  readonly chatId: string | null;
  readonly model: string;
  readonly settings: Settings;
  /** The job of the answer that is being made: one at a time. */
  readonly answering: string | null;
  readonly onSent: () => void;
}

export function Composer({
  chatId,
  model: lastModel,
  settings: lastSettings,
  answering,
  onSent,
}: ComposerProps) {
  const [text, setText] = useDraft(chatId ?? 'new');
  const known = useTalkingModels().value;
  const models = known ?? [];
  const { admin } = useViewer();
  const [chosen, setChosen] = useState<string | null>(null);
  const [changed, setChanged] = useState<Settings | null>(null);
  const attachments = useAttachments();
  const send = useChange(SendChatDocument);
  const [, go] = useLocation();
  const files = useRef<HTMLInputElement>(null);
  const model = chosen ?? (lastModel || (models[0]?.name ?? ''));
  const isEmpty = text.trim() === '' && attachments.images.length === 0;

  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (isEmpty || answering !== null || send.running || attachments.busy) return;
    const input = {
      ...(chatId !== null && { chatId }),
      content: text,
      model,
      imageIds: attachments.images.map(({ id }) => id),
      ...settingsInput(changed ?? lastSettings),
    };
    const sent = await send.run({ input });
    if (!sent) return;
    setText('');
    attachments.clear();
    onSent();
    const { sendChatMessage: outcome } = sent;
    if (chatId === null && outcome.__typename === 'SendChatMessagePayload') go(`/chat/${outcome.chat.id}`);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  };
  const problem = send.problem ?? attachments.problem;
  const missing = known && model !== '' && !models.some(({ name }) => name === model) ? model : '';
  return (
    <div className="composer">
      <form
        onSubmit={submit}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void attachments.add(event.dataTransfer.files);
        }}
      >
        {problem && (
          <p className="refusal" role="alert">
            {problem.message}
          </p>
        )}
        {attachments.images.length > 0 && (
          <ul className="attached">
            {attachments.images.map(({ id, name }) => (
              <li key={id}>
                <Picture path={`/images/${id}`} name={name} />
                <button type="button" className="button bare" onClick={() => attachments.remove(id)}>
                  × <span className="unseen">Leave out {name}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
        <textarea
          aria-label="Message"
          placeholder="Message. Enter sends, Shift+Enter begins a line."
          rows={3}
          value={text}
          // biome-ignore lint/a11y/noAutofocus: it is what one came here for.
          autoFocus
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKey}
          onPaste={(event) => {
            if (event.clipboardData.files.length === 0) return;
            event.preventDefault();
            void attachments.add(event.clipboardData.files);
          }}
        />
        <div className="composer-row">
          <ModelChoice models={models} value={model} onChange={setChosen} />
          <button type="button" className="button" onClick={() => files.current?.click()}>
            {attachments.busy ? 'Handing in…' : 'Add images'}
          </button>
          <input
            ref={files}
            type="file"
            accept="image/*"
            multiple
            hidden
            onChange={(event) => {
              void attachments.add([...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = '';
            }}
          />
          {answering === null ? (
            <button type="submit" className="button main" disabled={isEmpty || send.running || model === ''}>
              Send
            </button>
          ) : (
            <Stop jobId={answering} />
          )}
        </div>
        <SettingsForm value={changed ?? lastSettings} onChange={setChanged} />
      </form>
      {admin && known && <FetchModel key={missing} missing={missing} onFetched={setChosen} />}
    </div>
  );
}

/** In the place of what sends, so that it holds still while the answer grows. */
function Stop({ jobId }: { readonly jobId: string }) {
  const stop = useChange(CancelJobDocument);
  return (
    <Action change={stop} run={() => stop.run({ input: { id: jobId } })} about="the answer">
      Stop
    </Action>
  );
}
