/** One thing that the doctor looked at. */
export interface Finding {
  /** `warn`: it works, but not as well as it could; `fail`: the server will not work so. */
  readonly level: 'ok' | 'warn' | 'fail';
  readonly subject: string;
  /** What was found and, where something is wrong, what to change. */
  readonly text: string;
}
