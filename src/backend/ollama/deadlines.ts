/** How long a request may be silent. Ollama itself has no time-outs and undici's are off, so these are the only ones. */
export interface Deadlines {
  readonly connectMs: number;
  /** For version, ps, tags and show. `/api/ps` can block for seconds while Ollama looks at its GPUs. */
  readonly controlMs: number;
  /** From the request to the first byte: waiting for a slot that other clients hold, then reading the prompt. */
  readonly firstByteMs: number;
  /** Between two pieces of a stream. Ollama holds back a tool call until it is whole. */
  readonly betweenChunksMs: number;
  /** For a load of which nothing can be seen but the memory of the cards. Ollama itself gives up one that says nothing for 5 minutes. */
  readonly loadStallMs: number;
  /** Until a model that was told to go is gone; requests of other clients on it are finished first. */
  readonly unloadMs: number;
  /** For giving the server its own keep-alive back, all models together. */
  readonly farewellMs: number;
  /** A download that gets no further, while Ollama may still be sending lines. */
  readonly pullStillMs: number;
  /** After its last byte came, checking and storing a model: hashing 400 GB takes minutes on a fast disk. */
  readonly pullStoreMs: number;
  /** For reading the short remainder of a cancelled stream. */
  readonly drainMs: number;
}

export const DEFAULT_DEADLINES: Deadlines = {
  connectMs: 5_000,
  controlMs: 15_000,
  firstByteMs: 15 * 60_000,
  betweenChunksMs: 5 * 60_000,
  loadStallMs: 30 * 60_000,
  unloadMs: 2 * 60_000,
  farewellMs: 3_000,
  pullStillMs: 10 * 60_000,
  pullStoreMs: 60 * 60_000,
  drainMs: 5_000,
};
