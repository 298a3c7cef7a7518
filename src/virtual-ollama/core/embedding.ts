import type { CatalogModel } from './catalog.ts';
import { hashNumber } from './text.ts';

/**
 * A vector for a text, the same for the same weights and text. Texts that share words have vectors near each
 * other, so that a search over them behaves like one.
 */
export function embeddingOf(model: CatalogModel, text: string): number[] {
  const length = model.facts.embeddingLength;
  const vector = new Float32Array(length);
  const words = text.toLowerCase().match(/\S+/g) ?? [text];
  for (const word of words) {
    const phase = (hashNumber(`${model.weightsDigest} ${word}`) % 1_000_003) + 1;
    for (let i = 0; i < length; i++) vector[i] = (vector[i] ?? 0) + Math.sin(phase * (i + 1));
  }
  return Array.from(vector);
}

/**
 * Scales to length 1 in single precision, as Ollama does for `/api/embed`.
 * @throws Error when a component is not a number.
 */
export function normalized(vector: readonly number[]): number[] {
  if (vector.some((value) => !Number.isFinite(value))) {
    throw new Error('embedding contains NaN or Inf values');
  }
  const sum = vector.reduce((total, value) => Math.fround(total + Math.fround(value * value)), 0);
  const scale = Math.fround(1 / Math.max(Math.sqrt(sum), 1e-12));
  return vector.map((value) => Math.fround(value * scale));
}

/** The shortest decimal that reads back as the same single-precision number, which is how Go prints them. */
export function shortestFloat32(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
