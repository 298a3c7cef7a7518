/** Models for the tests of client libraries, by what they can do, and an image for one that sees. */
import { thinModel } from '../../virtual-ollama/bench.ts';

export const PLAIN = 'plain';
/** It takes tools and images, and thinks. */
export const ABLE = 'able:7b';
export const EMBEDDER = 'vectors';
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const { facts } = thinModel('x', 1);
export const CATALOG = [
  thinModel(PLAIN, 100),
  { ...thinModel(ABLE, 100), capabilities: ['completion', 'tools', 'thinking', 'vision'] as const },
  { ...thinModel(EMBEDDER, 50), facts: { ...facts, architecture: 'bert', poolingType: 1 } },
];
