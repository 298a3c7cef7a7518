/** The models that there are, where they are, and what they would take. */
import { useState } from 'react';
import {
  type ModelRowFragment,
  ModelsDocument,
  type ModelsQuery,
  type ModelsQueryVariables,
} from '../../generated/graphql.ts';
import { useFollowed, usePulse } from '../../live/use-followed.ts';
import { useAllPages } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Search } from '../../parts/search.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { plural } from '../../text/format.ts';
import { Budget } from './budget.tsx';
import { ModelList } from './model-list.tsx';
import { Pulls } from './pulls.tsx';

/** More would be slow to draw. All are searched. */
const SHOWN = 100;

function pageBehind({ models: { pageInfo } }: ModelsQuery): ModelsQueryVariables | null {
  return pageInfo.hasNextPage ? { after: pageInfo.endCursor } : null;
}

export function Models() {
  const { admin } = useViewer();
  const models = useFollowed(useAllPages(ModelsDocument, {}, pageBehind), usePulse());
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const total = models.value?.at(-1)?.models.totalCount;
  return (
    <div className="page">
      <h1 className="unseen">Models</h1>
      {admin && <Pulls onEnd={models.again} />}
      <Card
        title={total === undefined ? 'Models' : plural(total, 'model')}
        aside={<Search value={search} onChange={setSearch} what="models" />}
      >
        <Loaded shown={models} lines={8}>
          {(pages) => (
            <Found
              models={pages
                .flatMap(({ models: { nodes } }) => nodes)
                .filter((model) => matches(model, search))}
              chosen={chosen}
              onChoose={(name) => setChosen(toggled(chosen, name))}
              onChange={models.again}
            />
          )}
        </Loaded>
      </Card>
      <Budget models={[...chosen]} />
    </div>
  );
}

interface FoundProps {
  readonly models: readonly ModelRowFragment[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (name: string) => void;
  readonly onChange: () => void;
}

function Found({ models, ...rest }: FoundProps) {
  const [shown, setShown] = useState(SHOWN);
  if (models.length === 0) return <Empty>There is no such model.</Empty>;
  const left = models.length - shown;
  return (
    <>
      <ModelList models={models.slice(0, shown)} {...rest} />
      {left > 0 && (
        <p className="quiet">
          and {plural(left, 'other')}{' '}
          <button type="button" className="button" onClick={() => setShown(shown + SHOWN)}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}

function matches({ name, family, quantization }: ModelRowFragment, search: string): boolean {
  const text = `${name} ${family ?? ''} ${quantization ?? ''}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function toggled(chosen: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(name)) next.add(name);
  return next;
}
