/** What `/v1/responses` takes as its input: a text, or a list of items, each of a type that says what else it has. */
import { type Decoded, type Field, go, type Shape } from '../../../ollama-api/go-decode.ts';
import { quoteGo } from '../../../ollama-api/go-quote.ts';
import type { JsonText } from '../../../ollama-api/json-text.ts';

const struct = <S extends Shape>(name: string, shape: S) => go.struct(name, shape, `openai.${name}`);

const text = (name: string) => struct(name, { type: go.string(), text: go.string() });
const CONTENTS = {
  input_text: text('ResponsesTextContent'),
  output_text: text('ResponsesOutputTextContent'),
  input_image: struct('ResponsesImageContent', {
    type: go.string(),
    detail: go.string(),
    file_id: go.string(),
    image_url: go.string(),
  }),
  input_file: struct('ResponsesFileContent', {
    type: go.string(),
    file_data: go.string(),
    file_id: go.string(),
    file_url: go.string(),
    filename: go.string(),
  }),
} as const;

type Of<Fields> = Fields extends Field<infer T> ? T : never;
type Tagged<Table> = {
  readonly [K in keyof Table]: Omit<Of<Table[K]>, 'type'> & { readonly type: K };
}[keyof Table];

export type Content = Tagged<typeof CONTENTS>;

/** Their names in Go are those of structs without one. */
const named = <S extends Shape>(shape: S, type: string) => go.struct('', shape, `struct { ${type} }`);
const TYPE = 'Type string "json:\\"type\\""';
const contentType = named({ type: go.string() }, TYPE);
const itemType = named({ type: go.string(), role: go.string() }, `${TYPE}; Role string "json:\\"role\\""`);

const written = go.own<JsonText | undefined>(undefined, {}, (json) => json);
const MESSAGE = go.struct('', { role: go.string(), content: written });
const CALL_OUTPUT = go.struct('', { call_id: go.string(), output: written });
const FUNCTION_CALL = struct('ResponsesFunctionCall', {
  type: go.string(),
  id: go.string(),
  call_id: go.string(),
  name: go.string(),
  arguments: go.string(),
});
const REASONING = struct('ResponsesReasoningInput', {
  type: go.string(),
  id: go.string(),
  summary: go.list(
    struct('ResponsesReasoningSummary', { type: go.string(), text: go.string() }),
    '[]openai.ResponsesReasoningSummary',
  ),
  encrypted_content: go.string(),
});
const WEB_SEARCH_CALL = struct('ResponsesWebSearchCall', {
  type: go.string(),
  id: go.string(),
  status: go.string(),
  action: go.pointer(struct('ResponsesWebSearchAction', { type: go.string(), query: go.string() })),
});

export interface InputMessage {
  readonly type: 'message';
  readonly role: string;
  readonly content: readonly Content[];
}

interface CallOutput {
  readonly type: 'function_call_output';
  readonly call_id: string;
  readonly content: readonly Content[];
}

/** What the model was told of before. */
type Remembered = Tagged<{
  readonly function_call: typeof FUNCTION_CALL;
  readonly reasoning: typeof REASONING;
  readonly web_search_call: typeof WEB_SEARCH_CALL;
}>;

export type InputItem = InputMessage | CallOutput | Remembered;

/** A text is what the user says. */
export type Input = string | readonly InputItem[];

export function input(): Field<Input> {
  const schema = { anyOf: [{ type: 'string' }, { type: 'array', items: itemType.schema }] };
  return go.own<Input>('', schema, (json) => textOrList(json, 'input', itemOf));
}

function itemOf(json: JsonText): InputItem {
  const { role, type: given } = go.unmarshal(itemType, json);
  // The short form of a message has a role alone.
  const type = given === '' && role !== '' ? 'message' : given;
  switch (type) {
    case 'message': {
      const { content } = go.unmarshal(MESSAGE, json);
      return { type, role, content: contentsOf(content, 'content') };
    }
    case 'function_call_output': {
      const { call_id, output } = go.unmarshal(CALL_OUTPUT, json);
      return { type, call_id, content: contentsOf(output, 'output') };
    }
    case 'function_call':
      return { ...go.unmarshal(FUNCTION_CALL, json), type };
    case 'reasoning':
      return { ...go.unmarshal(REASONING, json), type };
    case 'web_search_call':
      return { ...go.unmarshal(WEB_SEARCH_CALL, json), type };
    case '':
      throw new Error("input item missing required 'type' field");
    default:
      throw new Error(`unknown input item type: ${quoteGo(type)}`);
  }
}

function contentsOf(json: JsonText | undefined, what: string): readonly Content[] {
  if (!json) return [];
  const given = textOrList(json, what, contentOf);
  return typeof given === 'string' ? [{ type: 'input_text', text: given }] : given;
}

function contentOf(json: JsonText): Content {
  const { type } = go.unmarshal(contentType, json);
  if (!Object.hasOwn(CONTENTS, type)) throw new Error(`unknown content type: ${type}`);
  const fields: Field<Decoded<Shape>> = CONTENTS[type as keyof typeof CONTENTS];
  return { ...go.unmarshal(fields, json), type } as Content;
}

function textOrList<T>(json: JsonText, what: string, read: (json: JsonText) => T): string | readonly T[] {
  switch (json.kind) {
    case 'null':
      return '';
    case 'string':
      return go.unmarshal(go.string(), json);
    case 'array':
      return Array.from(json.elements(), (element, at) => within(`${what}[${at}]`, () => read(element)));
    default:
      throw new Error(
        `${what} must be a string or array: json: cannot unmarshal ${json.kind} into Go value of type []json.RawMessage`,
      );
  }
}

/** What goes wrong says where. */
function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${place}: ${why}`, { cause: error });
  }
}
