/** Bring a model into memory, or delete it. For administrators. */
import { DeleteModelDocument, LoadModelDocument, type MapInstanceFragment } from '../../generated/graphql.ts';
import { useChange } from '../../live/use-live.ts';
import { InstanceActions } from '../../map/instance-actions.tsx';
import { Action } from '../../parts/action.tsx';
import { useViewer } from '../../shell/viewer.tsx';

interface ModelActionsProps {
  readonly model: string;
  readonly instances: readonly MapInstanceFragment[];
  readonly onChange: () => void;
}

export function ModelActions({ model, instances, onChange }: ModelActionsProps) {
  const { admin } = useViewer();
  const load = useChange(LoadModelDocument);
  const remove = useChange(DeleteModelDocument);
  if (!admin) return null;
  const removeIt = async () => {
    if (await remove.run({ input: { model } })) onChange();
  };
  return (
    <span className="actions">
      {instances[0] ? (
        <InstanceActions instance={instances[0]} />
      ) : (
        <Action change={load} run={() => load.run({ input: { model } })} about={model}>
          Load
        </Action>
      )}
      <Action
        change={remove}
        run={removeIt}
        about={model}
        kind="danger"
        ask={`Delete ${model} from its backend? It has to be pulled again to come back.`}
      >
        Delete
      </Action>
    </span>
  );
}
