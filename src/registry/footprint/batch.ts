/** Tokens that are worked on at once. They size the compute buffers, and a sliding window keeps that many more. */

/**
 * Ollama's automatic batch (v0.30 and later): by the context of all slots. It takes a smaller one where little memory is free, so
 * this is the most it will be. An embedding model reads its input in one go.
 */
export function batchSize(totalTokens: number, contextLength: number, embedding: boolean): number {
  if (embedding) return Math.min(2048, contextLength);
  if (totalTokens > 32_768) return 2048;
  return totalTokens > 4096 ? 1024 : 512;
}
