/** Curves of several policies in one drawing. */
import { greatest, least } from '../../domain/long-lists.ts';
import type { History } from '../history.ts';
import {
  acrossAxis,
  acrossScale,
  colourOf,
  drawing,
  escaped,
  LEFT,
  number,
  powersScale,
  RIGHT,
  type Scale,
  WIDTH,
} from './svg.ts';

export interface NamedHistory {
  readonly policy: string;
  readonly history: History;
}

const HEIGHT = 260;
const AXIS = 34;
/** More points than this cannot be seen. */
const MOST_POINTS = 500;
const SHARES = [0, 0.25, 0.5, 0.75, 0.95, 1];

/** Which share of the jobs was done within how long. */
export function latencyCurves(runs: readonly NamedHistory[]): string {
  const curves = runs.map(({ history }) =>
    history.jobs.map(({ arrivedMs, doneMs }) => (doneMs - arrivedMs) / 1_000).sort((a, b) => a - b),
  );
  const all = curves.flat();
  const scale = powersScale(Math.max(0.01, least(all)), Math.max(0.1, greatest(all)));
  const up = (share: number) => HEIGHT * (1 - share);
  const lines = curves.map((seconds, i) =>
    polyline(
      thinned(seconds.map((value, place) => [scale.at(value), up((place + 1) / seconds.length)] as const)),
      colourOf(i),
    ),
  );
  const marks = SHARES.map((share) => mark(up(share), `${share * 100} %`));
  return framed(scale, 'seconds from arrival to end', marks.join('') + lines.join(''));
}

/** How many loads there were until when. */
export function loadCurves(runs: readonly NamedHistory[]): string {
  const endMs = greatest(runs.flatMap(({ history }) => history.jobs.at(-1)?.doneMs ?? 0));
  const most = Math.max(1, greatest(runs.map(({ history }) => history.stays.length)));
  const scale = acrossScale(endMs / 1_000);
  const up = (count: number) => HEIGHT * (1 - count / most);
  const lines = runs.map(({ history }, i) =>
    polyline(
      thinned([
        [LEFT, HEIGHT] as const,
        ...history.stays.map(
          ({ loadStartedMs }, place) => [scale.at(loadStartedMs / 1_000), up(place + 1)] as const,
        ),
      ]),
      colourOf(i),
    ),
  );
  const marks = [0, 0.5, 1].map((share) => mark(up(share * most), number(share * most)));
  return framed(scale, 'seconds', marks.join('') + lines.join(''));
}

function framed(scale: Scale, label: string, content: string): string {
  return drawing(
    HEIGHT + AXIS + 8,
    `<g transform="translate(0 8)">${acrossAxis(scale, HEIGHT, label)}${content}</g>`,
  );
}

function mark(y: number, text: string): string {
  return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text class="name" x="${LEFT - 8}" y="${y + 4}">${escaped(text)}</text>`;
}

function polyline(points: readonly (readonly [number, number])[], colour: string): string {
  const text = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return `<polyline points="${text}" fill="none" stroke="${colour}" stroke-width="2"/>`;
}

/** The last one stays. */
function thinned<T>(points: readonly T[]): readonly T[] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
