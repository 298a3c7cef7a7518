/** Prometheus' text exposition format (also OpenMetrics), as far as gauges need it: prometheus.io/docs/instrumenting/exposition_formats */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Every sample with a finite value. A line that cannot be read is left out: exporters differ, and one odd line is no reason to be blind. */
export function parseSamples(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const sample = parseLine(line.trim());
    return sample ? [sample] : [];
  });
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y;
/** A value, perhaps a time in milliseconds (OpenMetrics: seconds), perhaps an exemplar. */
const VALUE = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:\s|$)/i;

function parseLine(line: string): Sample | null {
  const name = NAME.exec(line)?.[0];
  if (!name) return null;
  const afterName = line.slice(name.length).trimStart();
  const braced = afterName.startsWith('{') ? parseLabels(afterName) : { labels: {}, rest: afterName };
  const value = braced && Number(VALUE.exec(braced.rest)?.[1]);
  if (!braced || value === null || !Number.isFinite(value)) return null;
  return { name, labels: braced.labels, value };
}

function parseLabels(
  text: string,
): { readonly labels: Readonly<Record<string, string>>; readonly rest: string } | null {
  const labels: [string, string][] = [];
  let place = 1;
  for (;;) {
    const closing = /\s*\}/y;
    closing.lastIndex = place;
    if (closing.test(text))
      return { labels: Object.fromEntries(labels), rest: text.slice(closing.lastIndex) };
    LABEL.lastIndex = place;
    const match = LABEL.exec(text);
    if (!match) return null;
    labels.push([match[1] ?? '', unescaped(match[2] ?? '')]);
    place = LABEL.lastIndex;
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
