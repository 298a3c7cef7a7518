/** What the list of tensors in `/api/show` tells of a model's memory. Names are those of GGUF files. */
import type { KeyValueWidth, TensorFacts } from '../../domain/model.ts';

export interface ListedTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

/** Numbers in one block, and its bytes with scales: the block layouts of the GGUF format. */
const BLOCKS: Readonly<Record<string, readonly [numbers: number, bytes: number]>> = {
  F64: [1, 8],
  F32: [1, 4],
  F16: [1, 2],
  BF16: [1, 2],
  I8: [1, 1],
  I16: [1, 2],
  I32: [1, 4],
  I64: [1, 8],
  Q4_0: [32, 18],
  Q4_1: [32, 20],
  Q5_0: [32, 22],
  Q5_1: [32, 24],
  Q8_0: [32, 34],
  Q2_K: [256, 84],
  Q3_K: [256, 110],
  Q4_K: [256, 144],
  Q5_K: [256, 176],
  Q6_K: [256, 210],
  Q8_K: [256, 292],
  IQ1_S: [256, 50],
  IQ1_M: [256, 56],
  IQ2_XXS: [256, 66],
  IQ2_XS: [256, 74],
  IQ2_S: [256, 82],
  IQ3_XXS: [256, 98],
  IQ3_S: [256, 110],
  IQ4_NL: [32, 18],
  IQ4_XS: [256, 136],
  MXFP4: [32, 17],
};

/** Tensors of an encoder for pictures or sound: those of the vision and audio towers and of what joins them to the text. */
const ENCODER = /^(v|a|mm|resampler)\./;

/** Null when the list is empty or holds a type that is not known, because then no sum of it would be right. */
export function tensorFacts(tensors: readonly ListedTensor[], layers: number): TensorFacts | null {
  if (tensors.length === 0) return null;
  let weightBytes = 0;
  let encoderBytes = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf(tensor);
    if (bytes === null) return null;
    if (ENCODER.test(tensor.name)) encoderBytes += bytes;
    else weightBytes += bytes;
  }
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const embedding = byName.get('token_embd.weight');
  const attention = attentionOf(byName, layers);
  return {
    weightBytes,
    encoderBytes,
    embeddingBytes: (embedding && bytesOf(embedding)) ?? 0,
    outputTied: !byName.has('output.weight'),
    ...(attention && { attention }),
    recurrentLayers: countLayers(tensors, /^blk\.(\d+)\.(ssm_|shortconv\.)/),
    latentAttention: countLayers(tensors, /^blk\.(\d+)\.attn_k_b\./) > 0,
  };
}

function bytesOf(tensor: ListedTensor): number | null {
  const block = BLOCKS[tensor.type.toUpperCase()];
  if (!block) return null;
  const [numbers, bytes] = block;
  const elements = tensor.shape.reduce((product, side) => product * side, 1);
  return Math.ceil(elements / numbers) * bytes;
}

/** The second side of a projection is the width of what it makes. Values equal keys where they have no projection of their own. */
function attentionOf(
  byName: ReadonlyMap<string, ListedTensor>,
  layers: number,
): readonly (KeyValueWidth | null)[] | null {
  const found = Array.from({ length: layers }, (_, layer): KeyValueWidth | null => {
    const key = byName.get(`blk.${layer}.attn_k.weight`)?.shape[1];
    if (key === undefined) return null;
    return { key, value: byName.get(`blk.${layer}.attn_v.weight`)?.shape[1] ?? key };
  });
  // Where no layer tells, keys are in a fused or compressed projection.
  return found.some((width) => width !== null) ? found : null;
}

function countLayers(tensors: readonly ListedTensor[], pattern: RegExp): number {
  return new Set(tensors.flatMap((tensor) => pattern.exec(tensor.name)?.[1] ?? [])).size;
}
