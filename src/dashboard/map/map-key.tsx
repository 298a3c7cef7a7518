/** What the parts without a model mean, and how much they are, over the GPUs of a backend. */
import type { MapGpuFragment } from '../generated/graphql.ts';
import { bytesText } from '../text/format.ts';

const PARTS = [
  ['instances', 'models', 'instanceBytes'],
  ['reserved', 'reserved', 'reservedBytes'],
  ['foreign', 'other programs', 'foreignBytes'],
  ['headroom', 'headroom', 'headroomBytes'],
  ['free', 'free', 'freeBytes'],
  ['deficit', 'too much claimed', 'deficitBytes'],
] as const;

export function MapKey({ gpus }: { readonly gpus: readonly MapGpuFragment[] }) {
  const parts = PARTS.map(([kind, name, field]) => ({
    kind,
    name,
    bytes: gpus.reduce((sum, { vram }) => sum + vram[field], 0),
  }));
  return (
    <dl className="map-key">
      {parts
        .filter(({ kind, bytes }) => bytes > 0 || kind === 'free')
        .map(({ kind, name, bytes }) => (
          <div key={kind}>
            <dt>
              <span className={`swatch is-${kind}`} aria-hidden="true" />
              {name}
            </dt>
            <dd>{bytesText(bytes)}</dd>
          </div>
        ))}
      {gpus.flatMap(({ id, foreignProcesses }) =>
        foreignProcesses.map(({ bytes, name, pid }) => (
          <div key={`${id} ${pid}`} className="process">
            <dt>{`${name ?? 'a program'} (${pid})`}</dt>
            <dd>{bytesText(bytes)}</dd>
          </div>
        )),
      )}
    </dl>
  );
}
