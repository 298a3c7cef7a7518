/**
 * What a run says about its instance.
 * - `none`: nothing; it went well, or the request or its server failed.
 * - `gone`: it may be there no more.
 * - `failed`: it may be broken, or the request was of a kind that fails by itself and that we do not know.
 * - `stalled`: it may hold a slot that will never be free.
 */
export type Evidence = 'none' | 'gone' | 'failed' | 'stalled';
