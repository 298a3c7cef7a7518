/** The branch that is looked at, as a file. */
import { useState } from 'react';
import { type ChatLineFragment, ChatShownDocument } from '../../generated/graphql.ts';
import { problemOf } from '../../live/problems.ts';
import { useLiveParts } from '../../live/use-live.ts';
import { download } from '../../parts/download.ts';

export function ExportChat({ id, title }: { readonly id: string; readonly title: string }) {
  const { connection } = useLiveParts();
  const [problem, setProblem] = useState<Error | null>(null);
  const save = async (kind: 'md' | 'json') => {
    setProblem(null);
    try {
      const pages: (readonly ChatLineFragment[])[] = [];
      let before: string | null = null;
      do {
        const { chat }: { chat?: ShownChat | null } = await connection.ask(ChatShownDocument, { id, before });
        pages.push(chat?.messages.nodes ?? []);
        before = chat?.messages.pageInfo.hasPreviousPage
          ? (chat.messages.pageInfo.startCursor ?? null)
          : null;
      } while (before !== null);
      const messages = pages.toReversed().flat();
      download(`${title}.${kind}`, kind === 'md' ? markdownOf(title, messages) : jsonOf(title, messages));
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <span className="actions">
      <button type="button" className="button" onClick={() => save('md')}>
        Save as Markdown
      </button>
      <button type="button" className="button" onClick={() => save('json')}>
        Save as JSON
      </button>
      {problem && (
        <span className="refusal" role="alert">
          {problem.message}
        </span>
      )}
    </span>
  );
}

interface ShownChat {
  readonly messages: {
    readonly nodes: ChatLineFragment[];
    readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor?: string | null };
  };
}

function markdownOf(title: string, messages: readonly ChatLineFragment[]): string {
  const parts = messages.map(({ content, modelName }) => `## ${modelName ?? 'You'}\n\n${content}\n`);
  return `# ${title}\n\n${parts.join('\n')}`;
}

function jsonOf(title: string, messages: readonly ChatLineFragment[]): string {
  const said = messages.map(({ content, createdAt, images, modelName, role, thinking }) => ({
    role,
    content,
    ...(thinking != null && { thinking }),
    ...(modelName != null && { model: modelName }),
    ...(images.length > 0 && { images: images.map(({ id }) => id) }),
    createdAt,
  }));
  return `${JSON.stringify({ title, messages: said }, null, 2)}\n`;
}
