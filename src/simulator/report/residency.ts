/** Which model was in memory when: a line for each model on each card, pale while it loads or leaves. */
import type { History, Stay } from '../history.ts';
import { acrossAxis, acrossScale, drawing, escaped, LEFT, RIGHT, WIDTH } from './svg.ts';

const LINE = 16;
const BAR = 11;
const AXIS = 34;

/** @param wholeMs of the longest run: all drawings have one scale */
export function residency({ stays, jobs }: History, wholeMs: number, colour: string): string {
  const endMs = jobs.at(-1)?.doneMs ?? wholeMs;
  const scale = acrossScale(wholeMs / 1_000);
  const x = (ms: number) => scale.at(ms / 1_000);
  const lines = [...new Set(stays.flatMap((stay) => stay.gpus.map((gpu) => keyOf(stay, gpu))))].sort(byName);
  const bars = stays.flatMap((stay) =>
    stay.gpus.map((gpu) => {
      const y = lines.indexOf(keyOf(stay, gpu)) * LINE + 2;
      const gone = stay.goneMs ?? endMs;
      const ready = stay.readyMs ?? gone;
      const leaving = stay.unloadMs ?? endMs;
      const bar = (from: number, to: number, opacity: number) =>
        to > from
          ? `<rect x="${x(from).toFixed(1)}" y="${y}" width="${Math.max(0.5, x(to) - x(from)).toFixed(1)}" height="${BAR}" fill="${colour}" opacity="${opacity}"/>`
          : '';
      return bar(stay.loadStartedMs, ready, 0.35) + bar(ready, leaving, 1) + bar(leaving, gone, 0.35);
    }),
  );
  const names = lines.map(
    (line, i) =>
      `<text class="name" x="${LEFT - 8}" y="${i * LINE + BAR}">${escaped(line)}</text><line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${(i + 1) * LINE}" y2="${(i + 1) * LINE}"/>`,
  );
  const height = lines.length * LINE;
  return drawing(height + AXIS, acrossAxis(scale, height, 'seconds') + names.join('') + bars.join(''));
}

function keyOf({ model, gpus }: Stay, gpu: number): string {
  const name = model.replace(/:latest$/, '');
  return gpus.length === 1 && gpu === 0 ? name : `${name} · GPU ${gpu}`;
}

/** With their numbers in order. */
function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
