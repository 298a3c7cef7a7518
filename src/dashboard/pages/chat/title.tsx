/** The title of a chat, to be read and written. */
import { type ChatSettingsFragment, UpdateChatDocument } from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';

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
