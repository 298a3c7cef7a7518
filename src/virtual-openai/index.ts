/** A stand-in for servers of OpenAI's API: for tests, demonstrations, and trying things out without a model. */
export type { Fault } from './faults.ts';
export { type RunningVirtualOpenAi, runVirtualOpenAi, type SeenRequest } from './server.ts';
export type { Flavour, VirtualModel, VirtualOpenAiOptions } from './settings.ts';
