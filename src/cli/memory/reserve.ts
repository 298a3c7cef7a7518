/** `vramkeeper reserve`, `release` and `reservations`. */
import type { ApiClient } from '../../client/api-client.ts';
import { VramUpdates } from '../../client/documents.ts';
import type { ReservationsQuery } from '../../client/generated/graphql.ts';
import { ReleaseVram, Reservations, ReserveVram } from '../../client/memory-documents.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { formatBytes } from '../../domain/units.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { fittedTable } from '../terminal/fitted-table.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { cleaned } from '../terminal/text.ts';
import { relative, shortRelative } from '../terminal/when.ts';
import { gpuIdOf, gpuText } from './gpu-option.ts';

export interface ReserveOptions extends ConnectionOptions {
  readonly gpu?: string;
  readonly owner?: string;
  /** Milliseconds. */
  readonly for?: number;
  readonly wait: boolean;
  readonly json?: boolean;
}

type Listed = ReservationsQuery['reservations'][number];
type Kept = Omit<Listed, 'owner' | 'kind'>;

export async function reserve(
  bytes: number,
  options: ReserveOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const input = {
      bytes,
      gpuId: await gpuIdOf(api, options.gpu),
      owner: options.owner ?? null,
      lease: options.for ?? null,
    };
    const { reserveVram: answer } = await api.request(ReserveVram, { input });
    if (answer.__typename !== 'ReserveVramPayload') throw new CommandError(answer.message);
    const { reservation } = answer;
    const kept = options.wait ? await untilReady(api, reservation, terminal) : reservation;
    if (options.json) terminal.outLine(JSON.stringify(kept));
    else {
      terminal.note(keptText(kept, clock));
      terminal.outLine(kept.id);
    }
    return EXIT.done;
  });
}

/** @throws CommandError when it ends before there is room */
async function untilReady(api: ApiClient, reservation: Kept, terminal: Terminal): Promise<Kept> {
  if (reservation.ready) return reservation;
  terminal.note(`Models make room for ${formatBytes(reservation.bytes)}.`);
  const stopListening = onInterrupt(() => {
    terminal.note(`\nThe reservation stays. End it with "vramkeeper release ${reservation.id}".`);
    process.exit(EXIT.interrupted);
  });
  try {
    for await (const _change of api.subscribe(VramUpdates, {})) {
      const { reservations } = await api.request(Reservations, {});
      const now = reservations.find(({ id }) => id === reservation.id);
      if (!now) throw new CommandError('The reservation ended before there was room for it.');
      if (now.ready) return { ...reservation, ready: true };
    }
    throw new CommandError(`The server ended. The reservation ${reservation.id} stays.`);
  } finally {
    stopListening();
  }
}

function keptText({ bytes, gpu, ready, expiresAt }: Kept, clock: Clock): string {
  const end = expiresAt ? `It ends ${relative(expiresAt, clock)}.` : 'It lasts until it is released.';
  const room = ready ? '' : ' Models still make room for it.';
  return `${formatBytes(bytes)} of ${gpuText(gpu)} are reserved.${room} ${end}`;
}

export async function release(
  ids: readonly string[],
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    let exit: ExitCode = EXIT.done;
    for (const id of ids) {
      const { releaseVram: answer } = await api.request(ReleaseVram, { input: { id } });
      if (answer.__typename === 'ReleaseVramPayload') terminal.outLine(`${id} is released.`);
      else {
        const issues = answer.__typename === 'InvalidInputError' ? answer.issues : [];
        terminal.note(`${id}: ${issues.map(({ message }) => message).join(' ') || answer.message}`);
        exit = EXIT.failed;
      }
    }
    return exit;
  });
}

export async function listReservations(
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { reservations } = await api.request(Reservations, {});
    if (options.json) for (const each of reservations) terminal.outLine(JSON.stringify(each));
    else if (reservations.length > 0) terminal.outLine(reservationTable(reservations, terminal, clock));
    else terminal.note('Nothing is reserved.');
    return EXIT.done;
  });
}

function reservationTable(reservations: readonly Listed[], terminal: Terminal, clock: Clock): string {
  return fittedTable(
    [
      { head: 'ID' },
      { head: 'OWNER', least: 8 },
      { head: 'SIZE', right: true },
      { head: 'GPU', least: 1 },
      { head: 'STATE', rank: 2 },
      { head: 'ENDS', rank: 1 },
    ],
    cleaned(reservations).map((each) => [
      each.id,
      each.owner,
      formatBytes(each.bytes),
      each.gpu ? { long: `${each.gpu.index} ${each.gpu.name}`, short: String(each.gpu.index) } : '-',
      each.ready ? 'ready' : { long: 'making room', short: 'waits' },
      each.kind === 'CONFIGURED' ? 'configured' : endText(each, clock),
    ]),
    terminal.columns,
  );
}

function endText({ expiresAt }: Listed, clock: Clock): { readonly long: string; readonly short: string } {
  return { long: relative(expiresAt, clock), short: shortRelative(expiresAt, clock) };
}
