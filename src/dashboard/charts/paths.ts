/** Pictures of lists as paths: one path however many entries. Entries are steps of one width; what was not read is a gap. */

export type Values = readonly (number | null | undefined)[];

/** Stretches without a gap, as pairs of the first step and the one behind the last. */
function stretches(values: Values): readonly (readonly [from: number, to: number])[] {
  const found: [number, number][] = [];
  for (const [step, value] of values.entries()) {
    if (value == null) continue;
    const last = found.at(-1);
    if (last?.[1] === step) last[1] = step + 1;
    else found.push([step, step + 1]);
  }
  return found;
}

/** A line from the middle of each step to the next. One that stands alone is as wide as its step. */
export function linePath(values: Values, most: number, height: number): string {
  const y = (step: number) => round(height - (height * (values[step] ?? 0)) / most);
  return stretches(values)
    .map(([from, to]) => {
      if (to - from === 1) return `M${from} ${y(from)}H${to}`;
      const points = Array.from({ length: to - from }, (_, i) => `${from + i + 0.5} ${y(from + i)}`);
      return `M${points.join('L')}`;
    })
    .join('');
}

/** What lies between two heights, in steps: means of a time, and not points of it. */
export function areaPath(lower: Values, upper: Values, most: number, height: number): string {
  const y = (value: number | null | undefined) => round(height - (height * (value ?? 0)) / most);
  return stretches(upper)
    .map(([from, to]) => {
      const steps = Array.from({ length: to - from }, (_, i) => from + i);
      const above = steps.map((step) => `V${y(upper[step])}H${step + 1}`).join('');
      const below = steps
        .toReversed()
        .map((step) => `V${y(lower[step])}H${step}`)
        .join('');
      return `M${from} ${y(lower[from])}${above}${below}Z`;
    })
    .join('');
}

/** One above the other, in the order given. A step in which one of them was not read has none. */
export function stacked(
  lists: readonly Values[],
): readonly { readonly lower: Values; readonly upper: Values }[] {
  let lower: Values = lists[0]?.map((value) => (value == null ? null : 0)) ?? [];
  return lists.map((values) => {
    const base = lower;
    const upper = base.map((below, step) => {
      const value = values[step];
      return below == null || value == null ? null : below + value;
    });
    lower = upper;
    return { lower: base, upper };
  });
}

/** A round figure at or above all of them, at least `least`. */
export function niceMost(values: Values, least = 1): number {
  const most = values.reduce<number>((sofar, value) => Math.max(sofar, value ?? 0), 0);
  if (most <= least) return least;
  const unit = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * unit >= most * (1 - 1e-9)) ?? 10;
  return factor * unit;
}

const round = (value: number) => Math.round(value * 100) / 100;
