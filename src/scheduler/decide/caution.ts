/** How much of the margin for what nobody has measured is left on a backend of which others hold a part. */
import { bytesOnCards } from '../../domain/card-overhead.ts';
import { greatest } from '../../domain/long-lists.ts';
import { marginToGiveUp } from '../../domain/margin.ts';
import type { BackendSnapshot, LoadOption } from './snapshot.ts';

/** The option with as much of its margin as the cards have room for once every instance has gone: on one of them, else over all. */
export function withRoomForMargin(option: LoadOption, { gpus }: Pick<BackendSnapshot, 'gpus'>): LoadOption {
  if (option.marginBytes === 0 || gpus.length === 0) return option;
  const capacities = gpus.map(({ capacityBytes }) => capacityBytes);
  const onOne = lessened(option, greatest(capacities), 1);
  return lessened(
    onOne,
    capacities.reduce((sum, bytes) => sum + bytes, 0),
    gpus.length,
  );
}

function lessened(option: LoadOption, roomBytes: number, cards: number): LoadOption {
  const { footprintBytes, marginBytes } = option;
  const bytes = bytesOnCards(footprintBytes, option.overhead, cards);
  const given = marginToGiveUp(bytes, marginBytes, roomBytes);
  if (given === 0) return option;
  return { ...option, footprintBytes: footprintBytes - given, marginBytes: marginBytes - given };
}
