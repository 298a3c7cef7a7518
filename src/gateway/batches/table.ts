import type { BatchEndpoints } from './endpoints.ts';
import { messages } from './message-endpoint.ts';
import { OPENAI_ENDPOINTS } from './openai-endpoints.ts';

/** Every path whose requests may come in a batch. */
export const BATCH_ENDPOINTS: BatchEndpoints = { ...OPENAI_ENDPOINTS, '/v1/messages': messages };
