/**
 * The templates of a model that says only what it can do. Clients look into a shown template for what they want to use, so it names tools,
 * thinking and a suffix exactly where the model has them.
 */
import type { Capability } from './capability.ts';

/** What Ollama takes for a model without a template. */
export const PLAIN_TEMPLATE = '{{ .Prompt }}';

/** The Go template of a Modelfile; empty where the GGUF's own says enough. */
export function goTemplateFor(capabilities: readonly Capability[]): string {
  const can = (capability: Capability) => capabilities.includes(capability);
  if (!can('tools') && !can('thinking') && !can('insert')) return '';
  return [
    ...(can('insert') ? ['{{- if .Suffix }}<PRE> {{ .Prompt }} <SUF>{{ .Suffix }} <MID>{{ else }}'] : []),
    '{{- if .System }}system: {{ .System }}{{ end }}',
    ...(can('tools') ? ['{{- if .Tools }}tools: {{ .Tools }}{{ end }}'] : []),
    '{{- range .Messages }}',
    '{{ .Role }}: ',
    ...(can('thinking') ? ['{{- if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}'] : []),
    '{{- .Content }}',
    ...(can('tools')
      ? [
          '{{- range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}',
        ]
      : []),
    '{{- end }}',
    'assistant: ',
    ...(can('insert') ? ['{{- end }}'] : []),
  ].join('\n');
}

/** The chat template inside the GGUF. */
export function chatTemplateFor(capabilities: readonly Capability[]): string {
  const can = (capability: Capability) => capabilities.includes(capability);
  return [
    ...(can('tools') ? ['{% if tools %}tools: {{ tools | tojson }}\n{% endif %}'] : []),
    "{% for m in messages %}{{ m['role'] }}: ",
    ...(can('thinking')
      ? ["{% if m['reasoning_content'] %}<think>{{ m['reasoning_content'] }}</think>{% endif %}"]
      : []),
    "{{ m['content'] }}",
    ...(can('tools') ? ["{% if m['tool_calls'] %}{{ m['tool_calls'] | tojson }}{% endif %}"] : []),
    '\n{% endfor %}assistant: ',
  ].join('');
}
