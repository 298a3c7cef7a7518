/** A day's work of people with one card: agents on a large model, jobs by the clock, embeddings on a small one, and somebody who chats. */
import type { Draws } from './draws.ts';
import type { Generator } from './generated.ts';
import { plainModel } from './model-sizes.ts';
import type { SimulatedJob } from './workload.ts';

export const LARGE_MODEL = 'qwen3:30b-a3b';
export const EMBEDDING_MODEL = 'nomic-embed-text:latest';
const LARGE_BYTES = 19.5e9;
const EMBEDDING_BYTES = 0.6e9;

const AGENTS = 14;
const ROUNDS = 30;
const EMBEDDINGS_A_ROUND = 2;
const EMBEDDING_MS = 34;
const LEAST_GENERATION_MS = 40_000;
const MOST_GENERATION_MS = 90_000;
const MOST_THINKING_MS = 60_000;
const TIMED_JOBS = 84;
const CHATS = 48;
const LEAST_CHAT_MS = 2_000;
const MOST_CHAT_MS = 12_000;
const HOURS = 4;
/** Somebody sends so many at once, in the middle of it, without hurry. */
const BATCH_JOBS = 60;

const WHOLE_MS = HOURS * 3_600_000;

type Draft = Omit<SimulatedJob, 'number'>;

/** Its jobs are its own: nothing is asked of the settings. */
export const people: Generator = (_settings, draws) => {
  const models = [plainModel(LARGE_MODEL, LARGE_BYTES), plainModel(EMBEDDING_MODEL, EMBEDDING_BYTES)];
  const jobs: SimulatedJob[] = [];
  const add = (draft: Draft): number => jobs.push({ ...draft, number: jobs.length }) - 1;
  for (let agent = 1; agent <= AGENTS; agent += 1) addAgent(add, `agent ${agent}`, draws);
  for (let i = 0; i < TIMED_JOBS; i += 1)
    add({ ...generation(draws), client: 'timer', arrivalMs: (i * WHOLE_MS) / TIMED_JOBS });
  for (let i = 0; i < CHATS; i += 1)
    add({
      ...generation(draws),
      client: 'chat',
      priority: 'HIGH',
      workMs: draws.uniform(LEAST_CHAT_MS, MOST_CHAT_MS),
      arrivalMs: draws.uniform(0, WHOLE_MS),
    });
  for (let i = 0; i < BATCH_JOBS; i += 1)
    add({ ...generation(draws), client: 'batch', priority: 'LOW', arrivalMs: WHOLE_MS / 2 });
  return { name: 'people', models, jobs, note: null };
};

/** Looks things up, then has something written, then thinks; again and again. */
function addAgent(add: (draft: Draft) => number, client: string, draws: Draws): void {
  let after: number | null = null;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let i = 0; i < EMBEDDINGS_A_ROUND; i += 1)
      after = add({
        model: EMBEDDING_MODEL,
        client,
        priority: 'NORMAL',
        workMs: EMBEDDING_MS,
        arrivalMs: i === 0 ? draws.uniform(0, MOST_THINKING_MS) : 0,
        after,
      });
    after = add({ ...generation(draws), client, after });
  }
}

function generation(draws: Draws): Omit<Draft, 'client'> {
  return {
    model: LARGE_MODEL,
    priority: 'NORMAL',
    workMs: draws.uniform(LEAST_GENERATION_MS, MOST_GENERATION_MS),
    arrivalMs: 0,
    after: null,
  };
}
