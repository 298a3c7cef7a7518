/** The texts of a model that `show` prints alone. */
export const MODEL_PARTS = {
  license: 'print its license alone',
  modelfile: 'print its Modelfile alone',
  parameters: 'print the parameters of its Modelfile alone',
  system: 'print its system text alone',
  template: 'print its template alone',
} as const;

export type ModelPart = keyof typeof MODEL_PARTS;
