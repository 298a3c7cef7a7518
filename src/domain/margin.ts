/**
 * Caution does not make a model too large for what would hold it. How much of the margin in `bytes` is given up so that it fits into
 * `roomBytes`: 0 where it fits with all of it, or not even without. In bytes.
 */
export function marginToGiveUp(bytes: number, marginBytes: number, roomBytes: number): number {
  const missingBytes = bytes - roomBytes;
  return missingBytes > 0 && missingBytes <= marginBytes ? missingBytes : 0;
}
