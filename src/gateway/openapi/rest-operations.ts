/** ModelManager's REST, for documents. */
import { z } from 'zod';
import { HEALTH_ANSWER, JOB_ANSWER, STATS_ANSWER, SUBMIT_REQUEST } from '../rest/shapes.ts';
import { json, type Operations, schemaOf, written } from './operation.ts';

const ERROR = written(z.object({ error: z.string() }));

export const REST_OPERATIONS: Operations = {
  'POST /api/submit': {
    summary: 'Submit a prompt. Answered when the job is on disk',
    request: json(schemaOf(SUBMIT_REQUEST, 'input')),
    answers: {
      200: written(z.object({ job_id: z.string(), status: z.literal('submitted') })),
      400: ERROR,
      404: ERROR,
      409: ERROR,
      503: ERROR,
    },
  },
  'GET /api/job/:id': { summary: 'A job', answers: { 200: written(JOB_ANSWER), 404: ERROR } },
  'GET /api/stats': { summary: 'The queue and the memory', answers: { 200: written(STATS_ANSWER) } },
  'GET /api/health': { summary: 'Whether jobs can run', answers: { 200: written(HEALTH_ANSWER) } },
};
