import { expect, it } from 'vitest';
import { drive } from './random-drive.ts';

/** `EVENTS=1000000` is the long run. */
const EVENTS = Number(process.env.EVENTS ?? 150_000);
const SEED = Number(process.env.SEED ?? 20261130);

it(`breaks no rule in ${EVENTS} events of random clusters (from seed ${SEED})`, () => {
  for (let events = 0, seed = SEED; events < EVENTS; seed += 1) {
    const lived = drive(seed, 400);
    expect({ seed, ...lived, events: 0 }).toEqual({ seed, events: 0, violations: [], unfinished: 0 });
    events += lived.events;
  }
});
