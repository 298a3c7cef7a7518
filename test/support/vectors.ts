/** Vectors as numbers, for tests. */
import { VectorGatherer, type Vectors, vectorsIn } from '../../src/domain/vectors.ts';

export function vectorsOf(numbers: readonly (readonly number[])[]): Vectors {
  const gatherer = new VectorGatherer();
  for (const vector of numbers) gatherer.add(Buffer.from(JSON.stringify(vector)));
  return gatherer.finish(numbers[0]?.length ?? 0);
}

export function numbersIn({ pieces }: Pick<Vectors, 'pieces'>): readonly (readonly number[])[] {
  return pieces.flatMap((piece) =>
    [...vectorsIn(piece)].map((json) => JSON.parse(Buffer.from(json).toString())),
  );
}
