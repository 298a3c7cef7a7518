/** A message, with the ways to other branches. */
import { useState } from 'react';
import { Picture } from '../../asking/attached-images.tsx';
import {
  AnswerAgainDocument,
  type ChatLineFragment,
  SendChatDocument,
  UpdateChatDocument,
} from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { Copy } from '../../markdown/code-block.tsx';
import { Action } from '../../parts/action.tsx';
import { ModelName } from '../../parts/ranks.tsx';
import { Answer } from './answer.tsx';

interface MessageProps {
  readonly chatId: string;
  readonly model: string;
  readonly message: ChatLineFragment;
  readonly busy: boolean;
  readonly onChange: () => void;
}

export function Message({ chatId, model, message, busy, onChange }: MessageProps) {
  const [editing, setEditing] = useState(false);
  const again = useChange(AnswerAgainDocument);
  const { content, id, images, role } = message;
  const isAnswer = role === 'ASSISTANT';
  const askAgain = async () => {
    if (await again.run({ input: { messageId: id, model } })) onChange();
  };
  return (
    <li className={`message ${isAnswer ? 'is-answer' : 'is-question'}`}>
      {isAnswer && (
        <h2 className="message-head">
          <ModelName name={message.modelName ?? ''} />
        </h2>
      )}
      {images.map((image) => (
        <Picture key={image.id} path={image.path} name="Image of the message" />
      ))}
      {isAnswer && <Answer message={message} onEnd={onChange} />}
      {!isAnswer && !editing && <p className="text">{content}</p>}
      {editing && (
        <Editor
          chatId={chatId}
          model={model}
          message={message}
          onDone={() => {
            setEditing(false);
            onChange();
          }}
        />
      )}
      <div className="message-actions">
        <Branches chatId={chatId} message={message} onChange={onChange} />
        {isAnswer && message.status != null && (
          <>
            <Copy text={content} about="this answer" />
            <Action change={again} run={askAgain} about="for this answer" disabled={busy}>
              Ask again
            </Action>
          </>
        )}
        {!isAnswer && !editing && (
          <button type="button" className="button bare" disabled={busy} onClick={() => setEditing(true)}>
            Edit <span className="unseen">this message</span>
          </button>
        )}
      </div>
    </li>
  );
}

type BranchesProps = Pick<MessageProps, 'chatId' | 'message' | 'onChange'>;

function Branches({ chatId, message: { alternatives, id }, onChange }: BranchesProps) {
  const update = useChange(UpdateChatDocument);
  if (alternatives.length < 2) return null;
  const place = alternatives.indexOf(id);
  const show = (step: number) => async () => {
    const leafId = alternatives[place + step];
    if (leafId !== undefined && (await update.run({ input: { id: chatId, leafId } }))) onChange();
  };
  return (
    <span className="branches">
      <button
        type="button"
        className="button bare"
        aria-label="Branch before"
        disabled={place === 0 || update.running}
        onClick={show(-1)}
      >
        ‹
      </button>
      {place + 1} of {alternatives.length}
      <button
        type="button"
        className="button bare"
        aria-label="Next branch"
        disabled={place === alternatives.length - 1 || update.running}
        onClick={show(1)}
      >
        ›
      </button>
    </span>
  );
}

interface EditorProps extends Pick<MessageProps, 'chatId' | 'model' | 'message'> {
  readonly onDone: () => void;
}

/** Puts the question otherwise: what was said before stays, on its own branch. */
function Editor({ chatId, model, message: { content, images, parentId }, onDone }: EditorProps) {
  const [text, setText] = useState(content);
  const send = useChange(SendChatDocument);
  const save = async () => {
    const input = {
      chatId,
      content: text,
      imageIds: images.map(({ id }) => id),
      model,
      parentId: parentId ?? null,
    };
    if (await send.run({ input })) onDone();
  };
  return (
    <div className="editor">
      <textarea
        aria-label="Edited message"
        rows={3}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Action change={send} run={save} about="the edited message" kind="main">
        Send
      </Action>
      <button type="button" className="button" onClick={onDone}>
        Leave it
      </button>
    </div>
  );
}
