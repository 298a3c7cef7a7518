/** A server process of a managed backend, with its log. */
import type { CellRole } from '../../domain/cell.ts';
import { backendById, instancesOf } from '../../view/lookup.ts';
import { NodeRef } from '../node.ts';
import { BackendRef, CellRef, GpuRef, InstanceRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';
import { CellRoleEnum, CellStatusEnum } from './enums.ts';

const USUAL_LINES = 50;
export const MOST_LINES = 1_000;

/** @throws GraphQLError BAD_USER_INPUT */
export function readableLines(lines: number): number {
  if (lines >= 1 && lines <= MOST_LINES) return lines;
  throw requestError('BAD_USER_INPUT', `lines may be 1 to ${MOST_LINES}, not ${lines}.`);
}

CellRef.implement({
  description: 'One server process of a managed backend.',
  interfaces: [NodeRef],
  fields: (t) => ({
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description: 'Whose it is. Null only in the moment in which its backend goes.',
      resolve: ({ backendId }, _args, { system }) => backendById(system, backendId),
    }),
    endedAt: t.expose('endedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its end was noticed; null while it lives.',
    }),
    exitReason: t.exposeString('exitReason', {
      nullable: true,
      description: 'Why it ended, for people; null while it lives.',
    }),
    gpus: t.field({
      type: [GpuRef],
      description: 'The GPUs that it was started for; it sees no others.',
      resolve: ({ backendId, gpuKeys }, _args, { system }) =>
        (backendById(system, backendId)?.gpus ?? []).filter(({ key }) => gpuKeys.includes(key)),
    }),
    instance: t.field({
      type: InstanceRef,
      nullable: true,
      description:
        'What it holds. Null while it loads, while it stands ready without a model, and for the one that serves the model library.',
      resolve: ({ id }, _args, { system }) => instancesOf(system).find(({ cellId }) => cellId === id) ?? null,
    }),
    logTail: t.stringList({
      description: `The last lines that it wrote, oldest first; of one that ended, those before its end. At most ${MOST_LINES} lines and 256 KiB. Ollama itself writes no prompts and no answers to its log, unless \`OLLAMA_DEBUG\` is set for it. For administrators.`,
      args: { lines: t.arg.int({ defaultValue: USUAL_LINES, description: `1 to ${MOST_LINES}.` }) },
      resolve: async ({ id }, { lines }, context) => {
        const asked = readableLines(lines ?? USUAL_LINES);
        return [...((await context.system.cellLog(id, asked)) ?? [])];
      },
    }),
    modelName: t.exposeString('modelName', {
      nullable: true,
      description: 'The model that it loads, holds or held; null for one without.',
    }),
    pid: t.exposeInt('pid', { description: "Its process id on the backend's host." }),
    port: t.exposeInt('port', {
      nullable: true,
      description: 'On which it listens, on the loopback address alone; null until it is `READY`.',
    }),
    residentBytes: t.expose('residentBytes', {
      type: 'Bytes',
      nullable: true,
      description: 'Host memory of it and its children; null before it is first read, and once it has ended.',
    }),
    restarts: t.exposeInt('restarts', {
      description:
        'How many before it had the same place and ended. Only the one of the model library is put back; a model gets a new one with its next load.',
    }),
    role: t.field({
      type: CellRoleEnum,
      resolve: ({ role }) => role.toUpperCase() as Uppercase<CellRole>,
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    status: t.expose('status', { type: CellStatusEnum }),
  }),
});
