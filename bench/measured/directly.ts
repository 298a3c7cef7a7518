/** Every job sent to one Ollama the moment it arrives. */
import { type JobTimes, PROMPT, type WorkloadJob } from './workload.ts';

/** The times are `performance.now()`'s. @throws Error with the server's words when it refuses a job */
export function directly(jobs: readonly WorkloadJob[], url: string): Promise<readonly JobTimes[]> {
  return Promise.all(
    jobs.map(async ({ arrivalMs, model, outputTokens }) => {
      await new Promise((resolve) => setTimeout(resolve, arrivalMs));
      const arrivedAt = performance.now();
      const body = JSON.stringify({
        model,
        prompt: PROMPT,
        stream: false,
        options: { num_predict: outputTokens },
      });
      const response = await fetch(`${url}/api/generate`, { method: 'POST', body });
      if (!response.ok) throw new Error(await response.text());
      await response.arrayBuffer();
      return { arrivedAt, doneAt: performance.now() };
    }),
  );
}
