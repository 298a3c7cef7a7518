/** What is remembered, by its space and key. */

export const UPSERT_FACT =
  'INSERT INTO facts VALUES (?, ?, ?) ON CONFLICT (space, key) DO UPDATE SET value = excluded.value';
