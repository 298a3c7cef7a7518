/** How long something takes, and how long it keeps everybody else on the event loop waiting. */
import { nextTurn, systemClock } from '../../src/clock.ts';

/** Prints both. */
export async function measured<T>(
  print: (line: string) => void,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const turns = watchTurns();
  await nextTurn();
  const start = systemClock.monotonic();
  const result = await work();
  const tookMs = systemClock.monotonic() - start;
  await nextTurn();
  const columns = [`${tookMs.toFixed(0)} ms`, `${turns.end().toFixed(0)} ms`];
  print(`${name.padEnd(38)} ${columns.map((column) => column.padStart(9)).join('   ')}`);
  return result;
}

/** The longest turn of the event loop, in milliseconds of processor time: other programs on the machine do not count. */
function watchTurns() {
  const used = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  };
  let longest = 0;
  let before = used();
  let watching = true;
  const look = () => {
    const now = used();
    longest = Math.max(longest, now - before);
    before = now;
    if (watching) setImmediate(look);
  };
  setImmediate(look);
  return {
    end: () => {
      watching = false;
      return longest;
    },
  };
}
