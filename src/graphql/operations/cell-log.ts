/** `cellLog`: what a server process writes, followed. */

import type { NewLines } from '../../domain/log-lines.ts';
import { CellLogFeed } from '../../events/cell-log-feed.ts';
import { cellsOf } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { requestError } from '../request-errors.ts';
import { MOST_LINES, readableLines } from '../types/cell.ts';

const CellLogLinesRef = builder.objectRef<NewLines>('CellLogLines').implement({
  description: 'Lines that a server process wrote.',
  fields: (t) => ({
    gap: t.exposeBoolean('gap', {
      description: 'Whether there were more before them than could be read: they came too fast.',
    }),
    lines: t.exposeStringList('lines', { description: `Oldest first, at most ${MOST_LINES}.` }),
  }),
});

builder.subscriptionField('cellLog', (t) =>
  t.field({
    type: CellLogLinesRef,
    description:
      'What a server process of a managed backend writes: its last `lines` at first, then twice a second what is new. Completes when the process has ' +
      'ended and all was sent. For administrators.',
    args: {
      id: t.arg.id({ required: true }),
      lines: t.arg.int({ defaultValue: 200, description: `1 to ${MOST_LINES}.` }),
    },
    subscribe: (_root, { id, lines }, context) => {
      const { clock, events: log, system } = context;
      const asked = readableLines(lines ?? 200);
      const cell = () => cellsOf(system).find((one) => one.id === id);
      const cellId = cell()?.id;
      if (!cellId)
        throw requestError(
          'NOT_FOUND',
          'There is no server process with this id. They are forgotten a while after their end.',
        );
      return new CellLogFeed({
        log,
        clock,
        lines: asked,
        async look() {
          // Asked first: what it wrote before its end is in the file then.
          const present = cell();
          const seen = present && (await system.cellLog(cellId, MOST_LINES));
          return seen ? { lines: seen, isEnd: present.endedAt !== null } : null;
        },
      });
    },
    resolve: (lines) => lines,
  }),
);
