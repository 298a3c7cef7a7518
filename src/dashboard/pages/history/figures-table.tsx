/** All figures of the pictures as a table, for whoever reads and does not look. It is made when it is opened. */
import { useState } from 'react';
import { type Column, Table } from '../../parts/table.tsx';
import { bytesText, countText, durationText } from '../../text/format.ts';
import { type Figures, stepName, stepsOf } from './figures.ts';

type Text = (value: number) => string;

const textOf = (value: number | null | undefined, text: Text) => (value == null ? '–' : text(value));

export function FiguresTable({ figures }: { readonly figures: Figures }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="as-table" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {open && <Rows figures={figures} />}
    </details>
  );
}

function Rows({ figures }: { readonly figures: Figures }) {
  const { gpus, jobs } = figures;
  const figure = (
    title: string,
    of: (step: number) => number | null | undefined,
    text: Text,
  ): Column<number> => ({
    title,
    figure: true,
    cell: (step) => textOf(of(step), text),
  });
  const columns: readonly Column<number>[] = [
    { title: 'Time', cell: (step) => stepName(figures, step) },
    ...gpus.flatMap(({ foreignBytes, freeBytes, gpu, instanceBytes, reservedBytes }, place) => {
      const of = gpus.length > 1 ? ` ${gpu?.index ?? `gone ${place}`}` : '';
      return [
        figure(`Models${of}`, (step) => instanceBytes[step], bytesText),
        figure(`Reserved${of}`, (step) => reservedBytes[step], bytesText),
        figure(`Others${of}`, (step) => foreignBytes[step], bytesText),
        figure(`Free${of}`, (step) => freeBytes[step], bytesText),
      ];
    }),
    figure('Half waited', (step) => jobs.queueP50[step], durationText),
    figure('95 % waited', (step) => jobs.queueP95[step], durationText),
    figure('Waiting', (step) => jobs.waiting[step], countText),
    figure('Running', (step) => jobs.running[step], countText),
    figure('Complete', (step) => jobs.completed[step], countText),
    figure('Failed', (step) => jobs.failed[step], countText),
    figure('Loads', (step) => jobs.loads[step], countText),
  ];
  const known = Array.from({ length: stepsOf(figures) }, (_, step) => step)
    .filter((step) => jobs.completed[step] != null)
    .toReversed();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached.
    <section className="scrolled-table" aria-label="All figures" tabIndex={0}>
      <Table caption="Figures over time, the newest first" columns={columns} rows={known} keyOf={String} />
    </section>
  );
}
