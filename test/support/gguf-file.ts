/** A small model file, as somebody would have one on a disk. */

import { humanParameterCount, parameterCount } from '../../src/virtual-ollama/core/architecture.ts';
import { describeModel } from '../../src/virtual-ollama/core/catalog.ts';
import { DEFAULT_CATALOG } from '../../src/virtual-ollama/index.ts';
import { ggufHeader } from '../../src/virtual-ollama/model-folder/gguf-header.ts';

/** @param bytes of weights after the header */
export function ggufFile(bytes = 10_000): Buffer {
  const description = DEFAULT_CATALOG.find(({ name }) => name === 'smollm:360m');
  if (!description) throw new Error('The catalogue has lost its smallest model.');
  const model = describeModel(description, 0, (facts) => humanParameterCount(parameterCount(facts)));
  return Buffer.concat([ggufHeader(model), Buffer.alloc(bytes, 7)]);
}
