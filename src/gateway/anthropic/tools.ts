/** Tools as Anthropic's clients describe them, as Ollama's API has them. */
import { OllamaError } from '../../ollama-api/errors.ts';
import { go } from '../../ollama-api/go-decode.ts';
import { quoteGo } from '../../ollama-api/go-quote.ts';
import { JsonText } from '../../ollama-api/json-text.ts';
import { toolParameters } from '../../ollama-api/request-fields.ts';
import type { ChatRequest } from '../../ollama-api/request-shapes.ts';
import type { MessagesRequest, Tool } from './shapes.ts';

type OllamaTool = NonNullable<ChatRequest['tools']>[number];

/** What a model is to call for a search on the web. */
export const WEB_SEARCH = 'web_search';

/** Of a search that Anthropic's own servers would make, whichever version of it. */
const isWebSearch = ({ type }: Tool) => type.startsWith(WEB_SEARCH);

export function searchesWeb({ tools }: Pick<MessagesRequest, 'tools'>): boolean {
  return tools?.some(isWebSearch) ?? false;
}

/**
 * Ollama cannot be told to have a tool called. So a choice of one tool leaves it that one alone, and the choice of none leaves it none.
 * @throws OllamaError 400
 */
export function ollamaTools(body: Pick<MessagesRequest, 'tools' | 'tool_choice'>): readonly OllamaTool[] {
  const { tools = [], tool_choice: choice } = body;
  const searches = searchesWeb(body);
  const offered = tools
    .filter((tool) => !searches || isWebSearch(tool) || tool.name !== WEB_SEARCH)
    .map((tool) => (isWebSearch(tool) ? SEARCH_TOOL : ollamaTool(tool)));
  if (choice?.type === 'none') return [];
  const chosen = choice?.type === 'tool' ? offered.filter((tool) => tool.function.name === choice.name) : [];
  return chosen.length > 0 ? chosen : offered;
}

function ollamaTool({ name, description, input_schema: schema }: Tool): OllamaTool {
  return functionTool(name, description, schema === undefined ? undefined : parametersOf(name, schema));
}

function functionTool(name: string, description: string, parameters: unknown): OllamaTool {
  return { type: 'function', items: undefined, function: { name, description, parameters } };
}

function parametersOf(name: string, schema: string): unknown {
  try {
    const json = JsonText.read(schema);
    return json && go.unmarshal(toolParameters(), json);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OllamaError(400, `invalid input_schema for tool ${quoteGo(name)}: ${why}`, { cause: error });
  }
}

const SEARCH_TOOL = functionTool(
  WEB_SEARCH,
  'Search the web for current information. Use this to find up-to-date information about any topic.',
  {
    type: 'object',
    required: ['query'],
    properties: { query: { type: 'string', description: 'The search query to look up on the web' } },
  },
);
