/**
 * A virtual Ollama in a process of its own, with finer stamps than milliseconds. `node backend.ts SLOTS TOKENS_PER_SECOND` tells its address
 * over the channel.
 */
import { type Clock, systemClock } from '../../src/clock.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';

const [slots = '50', tokensPerSecond = '20'] = process.argv.slice(2);
const clock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() };
const { url } = await runVirtualOllama({
  clock,
  numParallel: Number(slots),
  maxQueue: 100_000,
  contextLength: 2_048,
  gpus: [{ totalBytes: 80 * 2 ** 30 }],
  tokensPerSecond: Number(tokensPerSecond),
  // Each request at full speed, however many there are.
  batchExponent: 1,
  promptTokensPerSecond: 1e6,
});
process.on('disconnect', () => process.exit());
process.send?.({ url });
