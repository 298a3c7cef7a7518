/** What of a model's file is in the memory of a GPU once all layers are there. */
import { type ArchitectureFacts, type ModelInfo, onlyEmbeds } from '../../domain/model.ts';

/** Header, vocabulary and templates beside the tensors. */
const HEADER_PART = 0.05;

/**
 * The whole file, less the token embedding, which llama.cpp keeps on the host unless the output layer shares it (an encoder has no
 * output layer). The list of tensors is believed only where it adds up to the size on disk; without it everything counts.
 */
export function weightsOnGpuBytes(model: Pick<ModelInfo, 'diskBytes' | 'facts' | 'capabilities'>): number {
  const tensors = model.facts?.tensors;
  if (!tensors || !addsUp(model)) return model.diskBytes;
  const writesText = !onlyEmbeds(model);
  if (tensors.outputTied && writesText) return model.diskBytes;
  return Math.max(0, model.diskBytes - tensors.embeddingBytes);
}

/**
 * The file that holds the weights, at most: a projector in a file of its own is part of what is on disk, too.
 */
export function weightsFileBytes(model: Pick<ModelInfo, 'diskBytes' | 'facts' | 'capabilities'>): number {
  const listed = listedBytes(model.facts);
  if (listed === null || !addsUp(model)) return model.diskBytes;
  return Math.min(model.diskBytes, Math.ceil(listed * (1 + HEADER_PART)));
}

function addsUp(model: Pick<ModelInfo, 'diskBytes' | 'facts' | 'capabilities'>): boolean {
  const listed = listedBytes(model.facts);
  if (listed === null || listed > model.diskBytes * 1.01) return false;
  const separateEncoder =
    model.facts?.tensors?.encoderBytes === 0 &&
    model.capabilities.some((capability) => capability === 'vision' || capability === 'audio');
  return separateEncoder || listed >= model.diskBytes * (1 - HEADER_PART);
}

function listedBytes(facts: ArchitectureFacts | null): number | null {
  return facts?.tensors ? facts.tensors.weightBytes + facts.tensors.encoderBytes : null;
}
