/** A straight line through what was measured, with how far the measurements are from it. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface LinearFit {
  readonly intercept: number;
  /** Never below 0: more context never takes less memory. */
  readonly slope: number;
  /** Standard deviation of the points from the line; 0 where there are too few to tell. */
  readonly sigma: number;
}

/** Least squares. Null with fewer than two different `x`. */
export function linearFit(points: readonly Point[]): LinearFit | null {
  if (new Set(points.map(({ x }) => x)).size < 2) return null;
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  let covariance = 0;
  let variance = 0;
  for (const { x, y } of points) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  const slope = Math.max(0, covariance / variance);
  const intercept = meanY - slope * meanX;
  const free = points.length - 2;
  const squares = points.reduce((sum, { x, y }) => sum + (y - intercept - slope * x) ** 2, 0);
  return { intercept, slope, sigma: free > 0 ? Math.sqrt(squares / free) : 0 };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
