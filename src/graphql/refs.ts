/** Every object type that others refer to, with the domain value behind it. The files in `types/` say what is in them. */
import type { Chat, ChatMessage } from '../domain/chat.ts';
import type { Decision } from '../domain/decision.ts';
import type { Gpu } from '../domain/gpu.ts';
import type { StoredImage } from '../domain/image.ts';
import type { Job } from '../domain/job.ts';
import type { Reservation } from '../domain/memory-operations.ts';
import type { ModelPull } from '../domain/model-operations.ts';
import type { Batch } from '../domain/store.ts';
import type { BackendCell, BackendState, InstanceState, ModelState } from '../domain/system.ts';
import { builder } from './builder.ts';

export const JobRef = builder.objectRef<Job>('Job');
export const BatchRef = builder.objectRef<Batch>('Batch');
export const ModelRef = builder.objectRef<ModelState>('Model');
export const ModelPullRef = builder.objectRef<ModelPull>('ModelPull');
export const InstanceRef = builder.objectRef<InstanceState>('Instance');
export const BackendRef = builder.objectRef<BackendState>('Backend');
export const CellRef = builder.objectRef<BackendCell>('Cell');
export const GpuRef = builder.objectRef<Gpu>('Gpu');
export const ChatRef = builder.objectRef<Chat>('Chat');
export const ChatMessageRef = builder.objectRef<ChatMessage>('ChatMessage');
export const ImageRef = builder.objectRef<StoredImage>('Image');
export const ReservationRef = builder.objectRef<Reservation>('Reservation');
export const DecisionRef = builder.objectRef<Decision>('Decision');
/** The system view itself: each field reads it in the same tick. */
export const StatsRef = builder.objectRef<Record<string, never>>('Stats');
