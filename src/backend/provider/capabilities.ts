import type { BackendCapabilities } from '../../domain/backend.ts';
import { ATTACHED_OPENAI } from '../openai/capabilities.ts';

/** Of a company's servers: what it offers is always there, and nobody here sees how. */
export const PROVIDER: BackendCapabilities = ATTACHED_OPENAI;
