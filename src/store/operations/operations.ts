/** Every write, by name. */
import type { AnswerOf, CallOf, InputOf, Operations } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';
import { deleteChat, takeTurn, updateChat } from './chats.ts';
import { appendFile, beginFile, deleteFile, finishFile } from './files.ts';
import { interruptResidencies, keepDecisions, keepResidencies, keepSample } from './history.ts';
import { keepImage } from './images.ts';
import { cancel, changeMany, move, retry, setPriority } from './job-commands.ts';
import {
  cancelBatchJobs,
  createRequestBatch,
  deleteRequestBatch,
  stepRequestBatch,
  takePiece,
} from './request-batches.ts';
import { begin, claim, finish, keepSaid, recover, refuse, returnToQueue, stage } from './run.ts';
import { submit } from './submit.ts';
import { tend } from './tend.ts';

const OPERATIONS: {
  readonly [K in keyof Operations]: (
    writer: QueueWriter,
    input: InputOf<Operations, K>,
  ) => AnswerOf<Operations, K>;
} = {
  submit,
  claim,
  begin,
  returnToQueue,
  stage,
  finish,
  keepSaid,
  refuse,
  cancel,
  retry,
  setPriority,
  move,
  changeMany,
  updateBatch(writer, { id, ...change }) {
    return writer.tables.updateBatch(id, change);
  },
  recover,
  tend,
  beginFile,
  appendFile,
  finishFile,
  deleteFile,
  keepImage,
  createRequestBatch,
  stepRequestBatch,
  takePiece,
  cancelBatchJobs,
  deleteRequestBatch,
  takeTurn,
  updateChat,
  deleteChat,
  keepResidencies,
  interruptResidencies,
  keepSample,
  keepDecisions,
  limitClients(writer, { others, named }) {
    writer.limit({ others, named: new Map(named) });
    return null;
  },
  remember(writer, { space, key, value }) {
    writer.tables.remember(space, key, value);
    return null;
  },
};

/** Does one operation in the commit that `writer` has open. May throw half-way: the caller rolls back. */
export function perform<K extends keyof Operations>(
  writer: QueueWriter,
  call: CallOf<Operations, K>,
): AnswerOf<Operations, K> {
  return OPERATIONS[call.kind as K](writer, call.input as InputOf<Operations, K>);
}
