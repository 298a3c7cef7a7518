/** The faithful stand-in for an Ollama server: see README.md in this folder. */

export { readCatalogFile } from './catalog-file.ts';
export type { ModelDescription } from './core/catalog.ts';
export { VirtualOllamaCore } from './core/core.ts';
export { DEFAULT_CATALOG } from './core/default-catalog.ts';
export { runJob } from './core/job.ts';
export { createGpuFolder } from './gpu-folder/gpu-folder.ts';
export { takeMemory } from './gpu-folder/take-memory.ts';
export { createModelFolder } from './model-folder/create-model-folder.ts';
export { FolderCatalog } from './model-folder/folder-catalog.ts';
export type { RunningVirtualOllama, VirtualOllamaOptions } from './server.ts';
export { runVirtualOllama } from './server.ts';
export type { Regime } from './settings.ts';
export { createVirtualHost, type VirtualHost } from './virtual-host.ts';
