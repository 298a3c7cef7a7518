/** What drawings are made of: scales, axes and text that is safe in a page. */

export const WIDTH = 960;
export const LEFT = 150;
export const RIGHT = 20;
const TICKS = 6;

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export interface Scale {
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** From 0 to `most`, over the width of a drawing. */
export function acrossScale(most: number): Scale {
  const end = most > 0 ? most : 1;
  const step = niceStep(end / TICKS);
  const ticks = Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
  return { at: (value) => LEFT + (value / end) * (WIDTH - LEFT - RIGHT), ticks };
}

/** Of powers of ten, over the width of a drawing. @param least above 0 */
export function powersScale(least: number, most: number): Scale {
  const from = Math.floor(Math.log10(least));
  const to = Math.max(from + 1, Math.ceil(Math.log10(most)));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const at = (value: number) =>
    LEFT + ((Math.log10(Math.max(10 ** from, value)) - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  return { at, ticks };
}

/** 1, 2 or 5 times a power of ten, no less than `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
}

/** Lines from top to bottom with a number below each. */
export function acrossAxis({ at, ticks }: Scale, height: number, label: string): string {
  const marks = ticks.map(
    (tick) =>
      `<line class="grid" x1="${at(tick)}" x2="${at(tick)}" y1="0" y2="${height}"/><text class="tick" x="${at(tick)}" y="${height + 14}">${number(tick)}</text>`,
  );
  return `${marks.join('')}<text class="label" x="${WIDTH - RIGHT}" y="${height + 28}">${escaped(label)}</text>`;
}

export function drawing(height: number, content: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img">${content}</svg>`;
}

export function number(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}

/** Told apart by most eyes (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999933'];

export function colourOf(place: number): string {
  return COLOURS[place % COLOURS.length] ?? '#000000';
}
