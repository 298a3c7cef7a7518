/** What a model may be unable to do of all that requests for a text can ask. */
import type { Capability } from '../domain/model.ts';
import type { ThinkLevel } from '../domain/request.ts';
import type { Lack } from './kind.ts';

type Can = (capability: Capability) => boolean;

/** Of a model for text `further` is asked; of another nothing more has to be said. */
export function textLacks(
  can: Can,
  think: ThinkLevel | undefined,
  further: readonly Lack[],
): readonly Lack[] {
  if (!can('completion')) return [{ path: [], what: 'is not a completion model; use request.embed' }];
  const thinks = think !== undefined && think !== 'OFF';
  return thinks && !can('thinking') ? [...further, { path: ['think'], what: 'does not think' }] : further;
}

/** Sounds come in the place of images too. */
export function imageLacks(
  can: Can,
  images: readonly unknown[] | undefined,
  at: readonly string[],
): readonly Lack[] {
  if (!images?.length || can('vision') || can('audio')) return [];
  return [
    {
      path: [...at, 'images'],
      what: 'does not see images; choose a model with the capability vision, or leave them out',
    },
  ];
}
