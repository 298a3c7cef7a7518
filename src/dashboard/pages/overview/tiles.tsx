/** The figures of this moment, to be read from across the room. */
import type { SituationSubscription } from '../../generated/graphql.ts';
import { Loaded } from '../../parts/loaded.tsx';
import { Tile } from '../../parts/tile.tsx';
import { bytesText, countText, durationText, plural } from '../../text/format.ts';
import { useSituation } from './situation.ts';

export function Tiles() {
  return (
    <Loaded shown={useSituation()} lines={2}>
      {({ statsChanged: { stats } }) => <Figures stats={stats} />}
    </Loaded>
  );
}

type Stats = SituationSubscription['statsChanged']['stats'];

function Figures({ stats }: { readonly stats: Stats }) {
  const { counts, latency, paused, queues, swaps, vram } = stats;
  const oldest = queues.reduce((most, { oldestAge }) => Math.max(most, oldestAge ?? 0), 0);
  const waiting = counts.pending + counts.queued;
  const used = vram.totalBytes === 0 ? null : Math.round((vram.usedBytes * 100) / vram.totalBytes);
  return (
    <dl className="tiles">
      <Tile
        name="Running"
        value={countText(counts.running)}
        note={paused ? 'paused: no job starts' : `${plural(stats.instances.length, 'model')} in memory`}
        tone={paused ? 'warn' : 'plain'}
      />
      <Tile
        name="Waiting"
        value={countText(waiting)}
        note={waiting === 0 ? 'nobody waits' : `the longest for ${durationText(oldest)}`}
      />
      <Tile
        name="Usual wait"
        {...figure(latency.queueP50)}
        note={
          latency.queueP95 == null
            ? 'no job ended lately'
            : `95 of 100 within ${durationText(latency.queueP95)}`
        }
      />
      <Tile
        name="Memory in use"
        value={used ?? '–'}
        {...(used !== null && { unit: '%' })}
        note={`${bytesText(vram.freeBytes)} can be given out`}
        tone={vram.deficitBytes > 0 ? 'bad' : 'plain'}
      />
      <Tile
        name="Loads"
        value={countText(swaps.loads)}
        note={`${plural(swaps.evictions, 'eviction')}, ${durationText(swaps.loadTime)} of loading`}
      />
      <Tile
        name="Done"
        value={countText(counts.complete)}
        note={counts.failed === 0 ? 'none failed' : `${countText(counts.failed)} failed`}
        tone={counts.failed === 0 ? 'plain' : 'warn'}
      />
    </dl>
  );
}

/** `1.4` and `s`: the unit is smaller than the figure. */
function figure(ms: number | null | undefined): { readonly value: string; readonly unit?: string } {
  if (ms === null || ms === undefined) return { value: '–' };
  const [value = '', ...unit] = durationText(ms).split(' ');
  return { value, unit: unit.join(' ') };
}
