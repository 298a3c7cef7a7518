/** What the model was asked, when somebody wants to see it: it may be long. */
import { useState } from 'react';
import {
  type AskedImageFragment,
  JobAskedForDocument,
  type JobAskedForQuery,
} from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Facts } from '../../parts/facts.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { bytesText } from '../../text/format.ts';

export function AskedFor({ id }: { readonly id: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>What it was asked</summary>
      {open && <Request id={id} />}
    </details>
  );
}

function Request({ id }: { readonly id: string }) {
  const asked = useAnswer(JobAskedForDocument, { id });
  return (
    <Loaded shown={asked} lines={4}>
      {({ job }) =>
        job?.request ? <Parts request={job.request} /> : <Empty>It is not kept any more.</Empty>
      }
    </Loaded>
  );
}

type Asked = NonNullable<NonNullable<JobAskedForQuery['job']>['request']>;

interface Part {
  readonly name: string;
  readonly text: string;
  readonly images?: readonly AskedImageFragment[];
}

function partsOf(request: Asked): readonly Part[] {
  switch (request.__typename) {
    case 'ChatRequest':
      return request.messages.map(({ role, content, images }) => ({ name: role, text: content, images }));
    case 'EmbedRequest':
      return request.input.map((text, place) => ({ name: `text ${place + 1}`, text }));
    case 'GenerateRequest': {
      const { images, prompt, suffix, system } = request;
      return [
        ...(system == null ? [] : [{ name: 'system', text: system }]),
        { name: 'prompt', text: prompt, images },
        ...(suffix == null ? [] : [{ name: 'suffix', text: suffix }]),
      ];
    }
    default:
      return request satisfies never;
  }
}

/** More than that nobody reads here. */
const MOST_SHOWN = 100;

function Parts({ request }: { readonly request: Asked }) {
  const parts = partsOf(request);
  const { maxTokens, seed, temperature } = request.options;
  return (
    <div className="asked">
      {parts.slice(0, MOST_SHOWN).map(({ name, text, images = [] }, place) => (
        // They never change their places.
        <section key={`${name} ${place}`}>
          <h3>{name}</h3>
          <p className="asked-text">{text}</p>
          {images.map(({ id, bytes, mediaType }) => (
            <p key={id} className="quiet">
              {mediaType}, {bytesText(bytes)}
            </p>
          ))}
        </section>
      ))}
      {parts.length > MOST_SHOWN && <p className="quiet">And {parts.length - MOST_SHOWN} more.</p>}
      <Facts
        facts={[
          ['Most tokens', maxTokens == null ? null : String(maxTokens)],
          ['Seed', seed == null ? null : String(seed)],
          ['Temperature', temperature == null ? null : String(temperature)],
        ]}
      />
    </div>
  );
}
