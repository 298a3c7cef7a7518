/** Image files that are named in a text, as `ollama run` finds them: by a path with the ending of an image. */

const ENDING = String.raw`\.(?:png|jpe?g|webp)`;
/** In quotes; or without blanks but escaped ones, from where a word begins. */
const PATHS = new RegExp(
  String.raw`"([^"\n]+${ENDING})"|'([^'\n]+${ENDING})'|(?<=^|[\s(,])((?:\\.|[^\s\\"'])+?${ENDING})(?=$|[\s),.;:!?])`,
  'gi',
);

export interface NamedPath {
  /** As it stands in the text. */
  readonly written: string;
  readonly path: string;
}

/** Each once, in order. Whether such a file is there is not looked at. Pure. */
export function pathsIn(text: string): readonly NamedPath[] {
  const found = new Map<string, NamedPath>();
  for (const [written, double, single, bare] of text.matchAll(PATHS)) {
    const path = double ?? single ?? (bare ?? '').replace(/\\(.)/g, '$1');
    if (!found.has(written)) found.set(written, { written, path });
  }
  return [...found.values()];
}

/** The text without those paths. Pure. */
export function withoutPaths(text: string, paths: readonly NamedPath[]): string {
  return paths.reduce((rest, { written }) => rest.replaceAll(written, ''), text).trim();
}
