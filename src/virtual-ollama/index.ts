/** The faithful stand-in for an Ollama server: see README.md in this folder. */

export { parseCatalog, readCatalogFile } from './catalog-file.ts';
export type { ModelDescription } from './core/catalog.ts';
export { VirtualOllamaCore } from './core/core.ts';
export { DEFAULT_CATALOG } from './core/default-catalog.ts';
export { type JobSink, runJob, type VirtualJob } from './core/job.ts';
export type { Lease, RunnerRequest } from './core/pending.ts';
export { parseOllamaHost, settingsFromOllamaEnvironment } from './environment.ts';
export type { TimedVirtualEvent, UnloadCause, VirtualEvent } from './events.ts';
export type { Faults } from './faults.ts';
export { type FolderEvent, readFolderEvents } from './gpu-folder/folder-events.ts';
export { type FolderFaultSettings, FolderFaults } from './gpu-folder/folder-faults.ts';
export { FolderGpuMemory } from './gpu-folder/folder-gpu-memory.ts';
export { createGpuFolder, readGpuFolder, writeForeign } from './gpu-folder/gpu-folder.ts';
export type { GpuMemory, GpuProcess, GpuShare, GpuState, MemoryOwner } from './gpu-memory.ts';
export { LocalGpuMemory, nvidiaSmiCsv } from './gpu-memory.ts';
export { createModelFolder } from './model-folder/create-model-folder.ts';
export { FolderCatalog } from './model-folder/folder-catalog.ts';
export type { RunningVirtualOllama, VirtualOllamaOptions } from './server.ts';
export { runVirtualOllama } from './server.ts';
export type { GpuDescription, Regime, VirtualOllamaSettings } from './settings.ts';
export { completeSettings, DEFAULT_SETTINGS } from './settings.ts';
export { createVirtualHost, type VirtualHost } from './virtual-host.ts';
