/** Settings that leave nothing of a card, or are for one that is not there. */
import { describe, expect, test } from 'vitest';
import { roomFindings } from '../../src/cli/doctor/doctor-room.ts';
import type { ReservationConfig } from '../../src/config/config.ts';
import { GiB } from '../../src/domain/units.ts';

const program = { pid: 7, name: 'python', bytes: GiB, command: 'python /srv/ComfyUI/main.py --token canary' };
const GPUS = [
  { index: 0, totalBytes: 8 * GiB, processes: [program] },
  { index: 1, totalBytes: 24 * GiB, processes: [] },
];
const reservation = (over: Partial<ReservationConfig>): ReservationConfig => ({
  owner: 'desk',
  bytes: GiB,
  backend: null,
  gpu: 0,
  whileProcess: null,
  ...over,
});

describe('the doctor', () => {
  test.each<
    [name: string, headroomGiB: number, reservations: readonly ReservationConfig[], said: readonly RegExp[]]
  >([
    ['room', 0.5, [reservation({})], []],
    ['a headroom as large as a card', 8, [], [/^fail GPU 0 has 8\.0 GiB/]],
    ['a headroom larger than every card', 30, [], [/^fail GPU 0/, /^fail GPU 1/]],
    ['a reservation larger than a card', 0, [reservation({ bytes: 9 * GiB })], [/^fail GPU 0/]],
    ['a reservation on every card', 0, [reservation({ bytes: 9 * GiB, gpu: null })], [/^fail GPU 0/]],
    [
      'several together',
      1,
      [reservation({ bytes: 4 * GiB }), reservation({ owner: 'b', bytes: 3 * GiB })],
      [/^fail GPU 0/],
    ],
    ['a reservation of another backend', 0, [reservation({ bytes: 9 * GiB, backend: 'other' })], []],
    [
      'a card that is not there',
      0,
      [reservation({ gpu: 5 })],
      [/^fail the reservation of desk is for GPU 5.*there are 0, 1/],
    ],
    ['a program that runs', 0, [reservation({ whileProcess: 'comfyui' })], [/^ok .*holds now/]],
    [
      'one too large while its program runs',
      0,
      [reservation({ bytes: 9 * GiB, whileProcess: 'comfyui' })],
      [/^warn GPU 0.*while the programs/, /^ok/],
    ],
    [
      'a program that nothing matches',
      0,
      [reservation({ whileProcess: 'game' })],
      [/^warn .*no program matches "game"; seen there: python/],
    ],
    [
      'no program at all',
      0,
      [reservation({ gpu: 1, whileProcess: 'game' })],
      [/^warn .*no program is seen there/],
    ],
  ])('finds %s', (_name, headroomGiB, reservations, said) => {
    const config = { headroomBytes: headroomGiB * GiB, reservations };
    const lines = roomFindings({ name: 'box' }, config, GPUS).map(({ level, text }) => `${level} ${text}`);
    expect(lines).toEqual(said.map((pattern) => expect.stringMatching(pattern)));
    expect(lines.join()).not.toContain('canary');
  });
});
