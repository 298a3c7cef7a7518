/** What a model can do, as `/api/show` names it. */
export const CAPABILITIES = [
  'completion',
  'tools',
  'insert',
  'vision',
  'embedding',
  'thinking',
  'image',
  'audio',
] as const;
export type Capability = (typeof CAPABILITIES)[number];
