/** Models as people have them: a few small ones and many large ones. */

import type { Draws } from './draws.ts';
import type { SimulatedModel } from './workload.ts';

const LEAST_BYTES = 2.5e9;
const MOST_BYTES = 20e9;

/** A model of which nothing is known but its bytes: all of them are read at a load, and a server predicts them well. */
export function plainModel(name: string, bytes: number): SimulatedModel {
  return { name, bytes, weightsBytes: bytes, predictedBytes: bytes };
}

/** From 2.5 to 20 GB, as many of each power. None takes more than `mostBytes`. */
export function drawnModels(count: number, draws: Draws, mostBytes: number): readonly SimulatedModel[] {
  const most = Math.min(MOST_BYTES, mostBytes);
  const least = Math.min(LEAST_BYTES, most);
  return Array.from({ length: count }, (_, index) =>
    plainModel(`model-${index + 1}:latest`, Math.round(least * (most / least) ** draws.uniform(0, 1))),
  );
}
