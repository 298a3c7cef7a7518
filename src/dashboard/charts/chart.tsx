/** Figures over time as a picture: areas one above the other, or lines. What it shows stands in a table as well, and each moment in words. */
import type { PointerEvent, ReactNode } from 'react';
import { areaPath, linePath, niceMost, stacked, type Values } from './paths.ts';

export interface Series {
  readonly name: string;
  /** Of what it is drawn with: `series-…`. */
  readonly look: string;
  readonly values: Values;
}

interface ChartProps {
  readonly title: ReactNode;
  readonly kind: 'areas' | 'lines';
  readonly series: readonly Series[];
  /** The highest figure that it has room for. Absent: a round one above all. */
  readonly most?: number;
  readonly text: (value: number) => string;
  /** Which step is looked at; null for none. */
  readonly at: number | null;
  readonly onPick: (step: number) => void;
}

const HEIGHT = 100;

export function Chart({ title, kind, series, most: given, text, at, onPick }: ChartProps) {
  const steps = series[0]?.values.length ?? 0;
  const layers = kind === 'areas' ? stacked(series.map(({ values }) => values)) : [];
  const highest = kind === 'areas' ? (layers.at(-1)?.upper ?? []) : series.flatMap(({ values }) => values);
  const most = given ?? niceMost(highest);
  const pick = (event: PointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    onPick(Math.min(steps - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * steps))));
  };
  return (
    <figure className="chart">
      <figcaption>
        <span className="chart-title">{title}</span>
        <span className="chart-key">
          {series.map(({ look, name, values }) => {
            const value = at === null ? null : values[at];
            return (
              <span key={name}>
                <span className={`chart-swatch ${look}`} aria-hidden="true" />
                {name}
                {value != null && <strong> {text(value)}</strong>}
              </span>
            );
          })}
        </span>
      </figcaption>
      <div className="chart-frame" onPointerDown={pick}>
        <span className="chart-most quiet" aria-hidden="true">
          {text(most)}
        </span>
        <svg viewBox={`0 0 ${Math.max(1, steps)} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path className="chart-lines" d={`M0 ${HEIGHT / 2}H${steps}M0 0H${steps}`} />
          {kind === 'areas'
            ? series.map(({ look, name }, index) => (
                <path
                  key={name}
                  className={`area ${look}`}
                  d={areaPath(layers[index]?.lower ?? [], layers[index]?.upper ?? [], most, HEIGHT)}
                />
              ))
            : series.map(({ look, name, values }) => (
                <path key={name} className={`line ${look}`} d={linePath(values, most, HEIGHT)} />
              ))}
          {at !== null && <path className="chart-moment" d={`M${at + 0.5} 0V${HEIGHT}`} />}
        </svg>
      </div>
    </figure>
  );
}
