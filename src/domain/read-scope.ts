/** Who reads, so that callers take turns, and until when: what an aborted signal belongs to is read no further. */
export interface ReadScope {
  readonly caller: string;
  readonly signal?: AbortSignal;
}
