/** Vectors on their way to the disk before the result that they belong to. */
import type { Fenced } from '../domain/store.ts';
import type { Vectors } from '../domain/vectors.ts';
import type { StagedVectors } from './operation.ts';

/** Of vectors in one commit: about 2 MiB. */
const PIECES_AT_ONCE = 8;

/**
 * In portions, each a commit that others share: a hundred megabytes in one would hold them all up.
 * @returns false when the fence was stale
 */
export async function stageVectors(
  stage: (portion: StagedVectors) => Promise<boolean>,
  { id, fence }: Fenced,
  { pieces }: Vectors,
): Promise<boolean> {
  let first = 0;
  for (let piece = 0; piece < pieces.length; piece += PIECES_AT_ONCE) {
    const portion = pieces.slice(piece, piece + PIECES_AT_ONCE);
    if (!(await stage({ id, fence, piece, first, pieces: portion }))) return false;
    first += portion.reduce((sum, { count }) => sum + count, 0);
  }
  return true;
}
