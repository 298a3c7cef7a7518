/** Keep an instance, let it go, or have it leave. What is pinned has to be let go first: it would come back. For administrators. */
import {
  type MapInstanceFragment,
  PinModelDocument,
  UnloadModelDocument,
  UnpinModelDocument,
} from '../generated/graphql.ts';
import { useChange } from '../live/use-live.ts';
import { Action } from '../parts/action.tsx';
import { useViewer } from '../shell/viewer.tsx';

export function InstanceActions({ instance }: { readonly instance: MapInstanceFragment }) {
  const { admin } = useViewer();
  const pin = useChange(PinModelDocument);
  const unpin = useChange(UnpinModelDocument);
  const unload = useChange(UnloadModelDocument);
  if (!admin) return null;
  const { activeJobs, modelName: model, pinned } = instance;
  const input = { input: { model } };
  return (
    <span className="actions">
      {pinned ? (
        <Action change={unpin} run={() => unpin.run(input)} about={model}>
          Unpin
        </Action>
      ) : (
        <>
          <Action change={pin} run={() => pin.run(input)} about={model}>
            Pin
          </Action>
          <Action
            change={unload}
            run={() => unload.run(input)}
            about={model}
            ask={activeJobs.length > 0 ? `Unload ${model}? It leaves once its jobs are done.` : undefined}
          >
            Unload
          </Action>
        </>
      )}
    </span>
  );
}
