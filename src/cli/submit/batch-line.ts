/**
 * One line of a file of jobs: an object of the API's `SubmitJobInput`, or a short form of it, in which the fields of the request
 * stand beside those of the job, and `prompt`, `messages` or `input` says of which kind it is.
 */
import type { SubmitJobInput } from '../../client/generated/graphql.ts';
import { messageOf } from '../../domain/errors.ts';
import { ofEachKind } from '../../kinds/kinds.ts';
import { contentKind, imageKind, KINDS } from './image-kind.ts';
import { InputShapes } from './input-shape.ts';
import { isObject } from './json-object.ts';

export interface BatchLine {
  /** From 1. */
  readonly number: number;
  /** Null when something is wrong with it. */
  readonly job: SubmitJobInput | null;
  readonly problems: readonly string[];
  /** A sentence about a field of the job, named as in the line. */
  words(path: readonly string[], message: string): string;
}

type Fields = Readonly<Record<string, unknown>>;

type Kind = keyof SubmitJobInput['request'];

/** Each kind of job: its name in `JobRequestInput`, and the field of its request that tells a short form. */
const FORMS = Object.values(
  ofEachKind(({ field, tellingField }): { readonly kind: Kind; readonly telling: string } => ({
    kind: field,
    telling: tellingField,
  })),
);
const TELLING = FORMS.map(({ telling }) => telling);

export class LineReader {
  readonly #shapes = new InputShapes();

  read(text: string, number: number): BatchLine {
    const wrong = (...problems: readonly string[]): BatchLine => ({
      number,
      job: null,
      problems,
      words: (path, message) => sentence(path, message),
    });
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return wrong(`not JSON: ${messageOf(error)}.`);
    }
    if (!isObject(value)) return wrong('expected an object such as {"model": "...", "prompt": "..."}.');
    const told = FORMS.filter(({ telling }) => telling in value);
    const [first] = told;
    if ('request' in value) return this.#line(number, value, null);
    if (first === undefined)
      return wrong(
        ...this.#strange(value),
        `one of ${listed([...TELLING, 'request'], 'and')} is missing; it says what to do.`,
      );
    if (told.length > 1)
      return wrong(
        `${listed(
          told.map(({ telling }) => telling),
          'and',
        )} are of different kinds of jobs; give one.`,
      );
    return this.#line(number, this.#spelledOut(value, first.kind), first.kind);
  }

  /** @param kind of a short form; null where the request was written out */
  #line(number: number, fields: Fields, kind: Kind | null): BatchLine {
    const job = this.#inCapitals(fields);
    const words = (path: readonly string[], message: string) => sentence(shortPath(path, kind), message);
    const own = this.#names(kind);
    const namesNone = job.model == null && job.task == null;
    const problems = [
      ...(namesNone ? [words(['model'], 'is missing: name a model, or a task.')] : []),
      ...this.#shapes
        .problems('SubmitJobInput', job)
        .map(({ path, text }) =>
          path.length === 1 && text.startsWith('is not a field')
            ? words(path, `is not a field; a job has ${own.join(', ')}.`)
            : words(path, `${text}.`),
        ),
      ...imageProblems(job).map(([path, text]) => words(path, text)),
    ];
    return { number, job: problems.length > 0 ? null : (job as unknown as SubmitJobInput), problems, words };
  }

  /** Fields of a line of no kind that no kind has. */
  #strange(value: Fields): readonly string[] {
    const names = [...new Set(FORMS.flatMap(({ kind }) => this.#names(kind)))];
    return Object.keys(value)
      .filter((name) => !names.includes(name))
      .map((name) => `\`${name}\` is not a field; a job has ${names.join(', ')}.`);
  }

  /** What a line can have, the most important first. */
  #names(kind: Kind | null): readonly string[] {
    const job = this.#shapes
      .fieldsOf('SubmitJobInput')
      .filter((name) => name !== 'model' && name !== 'request');
    if (kind === null) return ['model', 'request', ...job];
    const told: readonly string[] = FORMS.flatMap((form) => (form.kind === kind ? [form.telling] : []));
    const request = this.#requestFields(kind).filter((name) => !told.includes(name));
    return ['model', ...told, ...request, ...job];
  }

  #requestFields(kind: Kind): readonly string[] {
    return this.#shapes.fieldsOf(this.#shapes.typeOf('JobRequestInput', kind));
  }

  #spelledOut(value: Fields, kind: Kind): Fields {
    const names = this.#requestFields(kind);
    const request: Record<string, unknown> = {};
    const job: Record<string, unknown> = {};
    for (const [name, each] of Object.entries(value)) {
      const target = names.includes(name) ? request : job;
      // One text is a list of one.
      target[name] = name === 'input' && typeof each === 'string' ? [each] : each;
    }
    return { ...job, request: { [kind]: request } };
  }

  /** Words that are one of a few are taken in small letters too, as other programs write them; `think` as Ollama takes it. */
  #inCapitals({ priority, request, ...rest }: Fields): Fields {
    const kinds = isObject(request) ? Object.entries(request) : null;
    const capitals = kinds?.map(([kind, one]) => [kind, isObject(one) ? this.#requestInCapitals(one) : one]);
    return {
      ...rest,
      ...(priority === undefined ? {} : { priority: this.#capital('JobPriority', priority) }),
      ...(capitals ? { request: Object.fromEntries(capitals) } : { request }),
    };
  }

  #requestInCapitals({ think, messages, ...rest }: Fields): Fields {
    const level = typeof think === 'boolean' ? (think ? 'ON' : 'OFF') : think;
    const withRole = (one: unknown) =>
      isObject(one) && 'role' in one ? { ...one, role: this.#capital('ChatRole', one.role) } : one;
    return {
      ...rest,
      ...(think === undefined ? {} : { think: this.#capital('ThinkLevel', level) }),
      ...(messages === undefined
        ? {}
        : { messages: Array.isArray(messages) ? messages.map(withRole) : messages }),
    };
  }

  #capital(type: string, value: unknown): unknown {
    const word = typeof value === 'string' ? value.toUpperCase() : '';
    return this.#shapes.valuesOf(type).includes(word) ? word : value;
  }
}

/** As the field is named in a short form. */
function shortPath(path: readonly string[], kind: Kind | null): readonly string[] {
  return kind !== null && path[0] === 'request' && path[1] === kind ? path.slice(2) : path;
}

/** What begins with a capital is a sentence of its own. */
function sentence(path: readonly string[], message: string): string {
  return path.length === 0 || /^\p{Lu}/u.test(message) ? message : `\`${path.join('.')}\` ${message}`;
}

function listed(names: readonly string[], word: string): string {
  const quoted = names.map((name) => `\`${name}\``);
  return `${quoted.slice(0, -1).join(', ')} ${word} ${quoted.at(-1)}`;
}

function imageProblems(job: Fields): readonly (readonly [readonly string[], string])[] {
  const request = isObject(job.request) ? job.request : {};
  return Object.entries(request).flatMap(([kind, one]) => {
    if (!isObject(one)) return [];
    const at = ['request', kind];
    const messages = Array.isArray(one.messages) ? one.messages : [];
    return [
      ...imagesIn(one, at),
      ...messages.flatMap((each, i) =>
        isObject(each) ? imagesIn(each, [...at, 'messages', String(i)]) : [],
      ),
    ];
  });
}

function imagesIn(
  { images }: Fields,
  at: readonly string[],
): readonly (readonly [readonly string[], string])[] {
  if (!Array.isArray(images)) return [];
  return images.flatMap((image, i) => {
    if (typeof image !== 'string') return [];
    const content = Buffer.from(image.replace(/^data:[^,]*,/, ''), 'base64');
    if (imageKind(content) !== null) return [];
    return [
      [[...at, 'images', String(i)], `is no image in base64: ${contentKind(content)}. ${KINDS}`] as const,
    ];
  });
}
