/** A table whose rows can be walked by `j` and `k`, and which becomes a list of cards where there is no room for columns. */
import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Right-aligned, with figures of one width. */
  readonly figure?: boolean;
  /** Takes what room there is, and is cut. */
  readonly wide?: boolean;
}

interface TableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <table className="table">
      <caption className="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ title, figure }) => (
            <th key={title} scope="col" className={figure ? 'figure' : ''}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} data-id={keyOf(row)}>
            {columns.map(({ title, cell, figure, wide }) => (
              <td
                key={title}
                data-title={title}
                className={`${figure ? 'figure' : ''} ${wide ? 'wide' : ''}`}
              >
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
