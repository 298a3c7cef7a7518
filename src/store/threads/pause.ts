/** Lets the thread stand still for a while: its work is synchronous. */
const NOTHING = new Int32Array(new SharedArrayBuffer(4));

export function pause(ms: number): void {
  Atomics.wait(NOTHING, 0, 0, ms);
}
