/** One row for each model; what it takes at other contexts unfolds below it. */
import type { MapInstanceFragment, ModelRowFragment } from '../../generated/graphql.ts';
import { ModelName } from '../../parts/ranks.tsx';
import { Status } from '../../parts/status.tsx';
import { bytesText, countText, words } from '../../text/format.ts';
import { useMemory } from '../overview/memory-maps.tsx';
import { ContextFit } from './context-fit.tsx';
import { ModelActions } from './model-actions.tsx';

interface ModelListProps {
  readonly models: readonly ModelRowFragment[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (name: string) => void;
  /** Called when there are others. */
  readonly onChange: () => void;
}

export function ModelList({ models, chosen, onChoose, onChange }: ModelListProps) {
  const backends = useMemory().value?.vramChanged.backends ?? [];
  const instances = backends.flatMap((backend) => backend.instances);
  return (
    <ul className="models">
      {models.map((model) => (
        <li key={model.id} className="model" data-id={model.id}>
          <div className="model-row">
            <input
              type="checkbox"
              aria-label={`Count ${model.name} in`}
              checked={chosen.has(model.name)}
              onChange={() => onChoose(model.name)}
            />
            <div className="model-what">
              <ModelName name={model.name} />
              <span className="quiet">{describe(model)}</span>
            </div>
            <Where instances={instances.filter(({ modelName }) => modelName === model.name)} />
            <ModelActions
              model={model.name}
              instances={instances.filter(({ modelName }) => modelName === model.name)}
              onChange={onChange}
            />
          </div>
          <details className="fold">
            <summary>What it takes</summary>
            <ContextFit model={model} />
          </details>
        </li>
      ))}
    </ul>
  );
}

function describe({ capabilities, diskBytes, parameterSize, quantization, vramEstimate }: ModelRowFragment) {
  const parts = [
    parameterSize,
    quantization,
    `${bytesText(diskBytes)} on disk`,
    vramEstimate &&
      `${bytesText(vramEstimate.bytes)} in memory${vramEstimate.measured ? '' : ' (predicted)'}`,
    capabilities.map(words).join(', '),
  ];
  return parts.filter(Boolean).join(' · ');
}

function Where({ instances }: { readonly instances: readonly MapInstanceFragment[] }) {
  return (
    <div className="model-where">
      {instances.map(({ id, contextLength, pinned, status }) => (
        <span key={id}>
          <Status of={status} />{' '}
          <span className="quiet">
            {countText(contextLength)} tokens{pinned && ', pinned'}
          </span>
        </span>
      ))}
    </div>
  );
}
