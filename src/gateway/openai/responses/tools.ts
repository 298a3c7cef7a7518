/** Tools as programs of `/v1/responses` describe them, as Ollama's API has them. */

import { stringifyDeep } from '../../../domain/deep-json.ts';
import { OllamaError } from '../../../ollama-api/errors.ts';
import { go } from '../../../ollama-api/go-decode.ts';
import { JsonText } from '../../../ollama-api/json-text.ts';
import { toolParameters } from '../../../ollama-api/request-fields.ts';
import type { ChatRequest } from '../../../ollama-api/request-shapes.ts';
import type { ResponsesRequest, Tool } from './shapes.ts';

type OllamaTool = NonNullable<ChatRequest['tools']>[number];

/** What a model is to call for a search that OpenAI's own servers would make. */
export const WEB_SEARCH = 'web_search';

const isWebSearch = ({ type }: Tool) => type === WEB_SEARCH;

export function searchesWeb({ tools }: Pick<ResponsesRequest, 'tools'>): boolean {
  return tools?.some(isWebSearch) ?? false;
}

/** @throws OllamaError 400 */
export function ollamaTools(
  body: Pick<ResponsesRequest, 'tools' | 'tool_choice'>,
): readonly OllamaTool[] | undefined {
  const searches = searchesWeb(body);
  const offered = body.tools?.flatMap((tool) => {
    if (isWebSearch(tool)) return [SEARCH_TOOL];
    // The name is the search's own: with two of them nobody could say which is called.
    return functionsOf(tool).filter((each) => !searches || each.function.name !== WEB_SEARCH);
  });
  return body.tool_choice === 'none' ? undefined : offered;
}

/** A namespace stands for its members, whose names begin with its own. */
function functionsOf(tool: Tool): readonly OllamaTool[] {
  if (tool.type !== 'namespace') return [functionOf(tool)];
  const prefix = tool.name === '' ? '' : `${tool.name}.`;
  return (tool.tools ?? []).flatMap(functionsOf).map((each) => {
    const { name } = each.function;
    return name.startsWith(prefix)
      ? each
      : { ...each, function: { ...each.function, name: `${prefix}${name}` } };
  });
}

function functionOf({ type, name, description = '', parameters }: Tool): OllamaTool {
  return { type, items: undefined, function: { name, description, parameters: checked(parameters) } };
}

function checked(parameters: Tool['parameters']): unknown {
  if (parameters === undefined) return undefined;
  try {
    return go.unmarshal(toolParameters(), JsonText.only(stringifyDeep(parameters)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OllamaError(400, `failed to unmarshal tool parameters: ${why}`, { cause: error });
  }
}

const SEARCH_TOOL: OllamaTool = {
  type: 'function',
  items: undefined,
  function: {
    name: WEB_SEARCH,
    description: 'Search the web for current information.',
    parameters: {
      type: 'object',
      required: ['query'],
      properties: { query: { type: 'string', description: 'The search query.' } },
    },
  },
};
