/** `vramkeeper.yaml`: reading it, and knowing the line of every setting in it. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { InvalidSettingError, messageOf } from '../domain/errors.ts';
import { pathText, type SettingPath, type Source } from './source.ts';

export const DEFAULT_FILE = 'vramkeeper.yaml';

export interface SettingsFile extends Source {
  /** Absolute. */
  readonly path: string;
}

/**
 * Reads the file, or answers null when it is not there and `required` is false.
 * @throws InvalidSettingError when it cannot be read or is no YAML, with the line.
 */
export async function readSettingsFile(
  name: string,
  options: { readonly cwd: string; readonly required: boolean },
): Promise<SettingsFile | null> {
  const path = resolve(options.cwd, name);
  const shownPath = shortPath(path, options.cwd);
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' && !options.required) return null;
    const reason = code === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new InvalidSettingError(`The settings file ${shownPath} cannot be read: ${reason}.`, {
      cause: error,
    });
  }
  return parseSettings(content, path, shownPath);
}

function parseSettings(content: string, path: string, shownPath: string): SettingsFile {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, merge: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map(
      (error) => `${shownPath}:${lines.linePos(error.pos[0]).line}: ${error.message}`,
    );
    throw new InvalidSettingError(problems.join('\n'));
  }
  const place = (settingPath: SettingPath) => {
    const node = nodeAt(document.contents, settingPath);
    const line = node?.range ? lines.linePos(node.range[0]).line : 1;
    return `${shownPath}:${line}${settingPath.length > 0 ? `: ${pathText(settingPath)}` : ''}`;
  };
  return { path, raw: document.toJS() ?? {}, place };
}

/** The node that writes the setting: its key in a group, itself in a list, else the nearest one above it. */
function nodeAt(root: Node | null, path: SettingPath): Node | null {
  let value: Node | null = root;
  let found: Node | null = root;
  for (const part of path) {
    if (isMap(value)) {
      const pair = value.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair) return found;
      found = isNode(pair.key) ? pair.key : found;
      value = isNode(pair.value) ? pair.value : null;
    } else if (isSeq(value)) {
      const item: unknown = value.items[Number(part)];
      if (!isNode(item)) return found;
      found = item;
      value = item;
    } else return found;
  }
  return found;
}

/** Below the working directory as it was written, elsewhere in full. */
function shortPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}
