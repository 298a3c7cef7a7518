/** What databases say each in their own words. All else of the store's SQL is understood by every one of them. */
/** What is bound to a place of a statement. Truth is 1 or 0. */
export type SqlValue = null | number | string | Uint8Array;

export interface Dialect {
  /** To be the first term of a condition on `jobs` in a read that may look at many rows: true, or the end of the statement. */
  readonly patient: string;
  /** The same for other tables, of which there are fewer rows. */
  readonly patientRow: string;
  /** The larger, and the smaller, of values of which none is NULL. */
  readonly greatest: string;
  readonly least: string;
  /** A number, or the highest there is in place of NULL: as the indexes have it that hold what has no end last. */
  orNever(column: string): string;
  /** Where a text begins in another one, 0 when it is not in it. */
  readonly position: string;
  /** With small letters for A to Z, and all others as they are. */
  lower(text: string): string;
  /** Behind the name of a table: the one index to go by. */
  indexedBy(index: string): string;
  /** A query for the texts of a list, and what is bound for it. */
  listed(texts: readonly string[]): { readonly sql: string; readonly value: SqlValue };
  /** Whether a label of the row of `jobs` is such. @param condition on its key and its value */
  hasLabel(condition: (key: string, value: string) => string): string;
}

/** In the place of an instant that has not come. */
export const NEVER = '9223372036854775807';
