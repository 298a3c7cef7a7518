/** Answers that carry stored data, written without parsing it, and in parts with a turn of the event loop between two where they are large. */
import { readerTurns } from '../../events/turns.ts';
import { answerPieces } from '../raw-json.ts';

const PART_BYTES = 65_536;

/** The answer as text where it is small; else as the body of a response, which is written as it is read. */
export function answerBody(value: unknown): string | ReadableStream<Uint8Array> {
  const parts = answerParts(value);
  const first = parts.next().value ?? Buffer.alloc(0);
  const second = parts.next();
  return second.done ? first.toString() : streamOf([first, second.value], parts);
}

function streamOf(begun: Buffer[], rest: Iterator<Buffer, void>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await readerTurns.next();
        const part = begun.shift() ?? rest.next().value;
        if (part) controller.enqueue(part);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function* answerParts(value: unknown): Generator<Buffer, void> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  let text = '';
  const gathered = () => {
    const part = Buffer.concat([...held, Buffer.from(text)]);
    held = [];
    bytes = 0;
    text = '';
    return part;
  };
  for (const piece of answerPieces(value)) {
    if (typeof piece === 'string') {
      text += piece;
    } else {
      held.push(Buffer.from(text), piece);
      bytes += text.length + piece.length;
      text = '';
    }
    if (bytes + text.length >= PART_BYTES) yield gathered();
  }
  yield gathered();
}
