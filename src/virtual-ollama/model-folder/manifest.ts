import { z } from 'zod';
import { OllamaError } from '../../ollama-api/errors.ts';

export const LAYER = {
  model: 'application/vnd.ollama.image.model',
  adapter: 'application/vnd.ollama.image.adapter',
  projector: 'application/vnd.ollama.image.projector',
  template: 'application/vnd.ollama.image.template',
  system: 'application/vnd.ollama.image.system',
  params: 'application/vnd.ollama.image.params',
  license: 'application/vnd.ollama.image.license',
  messages: 'application/vnd.ollama.image.messages',
} as const;

const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';
const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

const layer = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number(),
  /** The model that it was created from. */
  from: z.string().optional(),
});
const MANIFEST = z.object({ config: layer, layers: z.array(layer) });

export type Layer = z.infer<typeof layer>;
export type Manifest = z.infer<typeof MANIFEST>;

const CONFIG = z.object({
  model_family: z.string().optional(),
  model_type: z.string().optional(),
  file_type: z.string().optional(),
  capabilities: z
    .array(z.enum(['completion', 'tools', 'insert', 'vision', 'embedding', 'thinking', 'image', 'audio']))
    .optional(),
});
export type Config = z.infer<typeof CONFIG>;

export const digestOfLayer = ({ digest }: Layer) => digest.slice('sha256:'.length);

/** @throws OllamaError in the words of Go's decoder: one that is being written ends too early. */
export function parseManifest(text: string): Manifest {
  if (text === '') throw new OllamaError(500, 'EOF');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new OllamaError(500, 'unexpected EOF', { cause: error });
  }
  const result = MANIFEST.safeParse(value);
  if (!result.success) throw new OllamaError(500, 'unexpected EOF', { cause: result.error });
  return result.data;
}

export function parseConfig(text: string): Config {
  const result = CONFIG.safeParse(JSON.parse(text));
  return result.success ? result.data : {};
}

export function manifestText(config: Omit<Layer, 'mediaType'>, layers: readonly Layer[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, ...config },
    layers,
  });
}
