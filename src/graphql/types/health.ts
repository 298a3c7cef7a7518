/** Whether jobs run as they should, and what needs attention. */
import {
  type Health,
  type HealthProblem,
  type HealthProblemCode,
  type HealthStatus,
  healthOf,
} from '../../view/health.ts';
import { builder } from '../builder.ts';
import { BackendRef } from '../refs.ts';
import { enumOf } from './enums.ts';

const HealthStatusEnum = enumOf<HealthStatus>('HealthStatus', 'Whether jobs run as they should.', {
  HEALTHY: 'They do.',
  DEGRADED: 'They run, but something needs attention.',
  STALLED: 'None can be started now. They are accepted all the same, and wait.',
});

const HealthProblemCodeEnum = enumOf<HealthProblemCode>(
  'HealthProblemCode',
  'What needs attention, for programs.',
  {
    BACKEND_DEGRADED: 'Something about a backend could not be read, or it answers too slowly.',
    BACKEND_UNREACHABLE: 'A backend does not answer.',
    CLAIMS_FAIL: 'No job can be taken from the queue.',
    LOADS_FAIL:
      'A model could not be loaded several times in a row, or once in a way that no further try can mend.',
    LOAD_SLOW: 'A load takes much longer than it should.',
    MODEL_SPILLED: 'An instance is partly on the CPU.',
    NO_BACKEND: 'No backend is configured.',
    RESULTS_NOT_STORED: 'Results cannot be stored.',
    SCHEDULER_PAUSED: 'The scheduler is paused.',
    STORE_UNWRITABLE: 'Nothing can be stored: no job is accepted, and no result recorded.',
    STRAY_OLLAMA: 'An Ollama that is no backend answers beside managed ones, and may take their memory.',
    NO_ROOM_FOR_MODELS: 'Headroom and reservations of the configuration leave nothing of a GPU.',
    UNLOAD_STUCK: 'A model was told to leave and does not.',
    VRAM_OVERDRAWN: 'More GPU memory is claimed than there is.',
  },
);

const HealthProblemRef = builder.objectRef<HealthProblem>('HealthProblem').implement({
  description: 'One thing that needs attention.',
  fields: (t) => ({
    backend: t.expose('backend', {
      type: BackendRef,
      nullable: true,
      description: 'The backend that it is about; null when it is about none.',
    }),
    code: t.expose('code', { type: HealthProblemCodeEnum }),
    message: t.exposeString('message', { description: 'For people: what is wrong and what to do.' }),
  }),
});

export const HealthRef = builder.objectRef<Health>('Health').implement({
  description: 'How the server is, and what to do where it is not well.',
  fields: (t) => ({
    backends: t.expose('backends', { type: [BackendRef] }),
    problems: t.expose('problems', { type: [HealthProblemRef], description: 'Empty when all is well.' }),
    status: t.expose('status', { type: HealthStatusEnum }),
  }),
});

builder.queryField('health', (t) =>
  t.field({
    type: HealthRef,
    description: 'Whether jobs run as they should, and what to do where they do not.',
    resolve: (_root, _args, { system }) => healthOf(system),
  }),
);
