/** What the server asks of those who use it: said to them, so that a program needs no settings of its own for it. */
export interface ServerTerms {
  /** Whether requests need an API key. */
  readonly needsKey: boolean;
  /** Whether a caller says itself who it is, as where there are no keys. */
  readonly choosesName: boolean;
  readonly limits: ServerLimits;
}

export interface ServerLimits {
  /** The most jobs of one batch. */
  readonly batchJobs: number;
  /** The largest body of a request. */
  readonly bodyBytes: number;
  /** The most images of one prompt, or of one message of a chat. */
  readonly images: number;
  /** How long finished jobs are kept. */
  readonly retentionMs: number;
}
