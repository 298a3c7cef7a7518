/** Claims that are told before they are on disk. */

/**
 * Told of what is about to be committed, so that work on it begins meanwhile. Nobody may hear of that work before the claim is answered, and what the answer does not
 * have, or has under another fence, was not claimed. Not every store tells, nor of every claim.
 */
export type ClaimsAhead<Claimed> = (claimed: readonly Claimed[]) => void;
