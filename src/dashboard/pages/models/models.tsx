/** The models that there are, where they are, and what they would take. */
import { useState } from 'react';
import { type ModelRowFragment, ModelsDocument } from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Card } from '../../parts/card.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Search } from '../../parts/search.tsx';
import { useViewer } from '../../shell/viewer.tsx';
import { plural } from '../../text/format.ts';
import { Budget } from './budget.tsx';
import { ModelList } from './model-list.tsx';
import { Pulls } from './pulls.tsx';

export function Models() {
  const { admin } = useViewer();
  const models = useAnswer(ModelsDocument, {});
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const total = models.value?.models.totalCount;
  return (
    <div className="page">
      <h1 className="unseen">Models</h1>
      {admin && <Pulls onEnd={models.again} />}
      <Card
        title={total === undefined ? 'Models' : plural(total, 'model')}
        aside={<Search value={search} onChange={setSearch} what="models" />}
      >
        <Loaded shown={models} lines={8}>
          {({ models: { nodes } }) => (
            <Found
              models={nodes.filter((model) => matches(model, search))}
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
  if (models.length === 0) return <Empty>There is no such model.</Empty>;
  return <ModelList models={models} {...rest} />;
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
