/** The sums of what kept images take always agree with the rows. */
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BlobHash } from '../../src/domain/request.ts';
import { newImageRow, releaseImage, useImage } from '../../src/store/image-uses.ts';
import { SqlImages } from '../../src/store/sql/images.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { SqliteStatements } from '../../src/store/sqlite/statements.ts';

const hash = fc.constantFrom('sha256:a' as BlobHash, 'sha256:b' as BlobHash, 'sha256:c' as BlobHash);
const client = fc.constantFrom('alice', 'bob', 'ALICE');
const BYTES: Readonly<Record<BlobHash, number>> = {
  ['sha256:a' as BlobHash]: 1,
  ['sha256:b' as BlobHash]: 4_096,
  ['sha256:c' as BlobHash]: 9_000,
};
const step = fc.record({
  what: fc.constantFrom('keep', 'use', 'release', 'delete', 'roll back', 'commit'),
  hash,
  client,
});

const SUMS = 'SELECT client, bytes FROM image_sums ORDER BY client';
const OF_ROWS = `
  SELECT client, sum(max(bytes, 4096)) AS bytes FROM images WHERE is_kept = 1 GROUP BY client
  UNION ALL SELECT '', sum(max(bytes, 4096)) FROM images WHERE is_kept = 1 HAVING count(*) > 0
  ORDER BY client`;

test('the sums agree with the rows, whatever came, went, or was rolled back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      using database = new DatabaseSync(':memory:');
      migrate(database, ':memory:');
      const images = new SqlImages(new SqliteStatements(database));
      database.exec('BEGIN');
      for (const { what, hash, client } of steps) {
        const bytes = new Uint8Array(BYTES[hash] ?? 0);
        switch (what) {
          case 'keep': {
            if (!images.hasContent(hash)) images.insertContent(hash, bytes);
            const row = images.find(hash, client) ?? newImageRow(hash, client, bytes);
            images.put({ ...row, isKept: true, unusedSince: row.uses > 0 ? null : 1 });
            break;
          }
          case 'use':
            useImage(images, hash, client, bytes);
            break;
          case 'release':
            releaseImage(images, hash, client, 1);
            break;
          case 'delete':
            images.delete(hash, client);
            break;
          case 'roll back':
            database.exec('ROLLBACK; BEGIN');
            break;
          case 'commit':
            database.exec('COMMIT; BEGIN');
            break;
          default:
            what satisfies never;
        }
        const rows = database.prepare(OF_ROWS).all();
        expect(database.prepare(SUMS).all()).toEqual(rows);
        for (const { client: whose, bytes: sum } of rows)
          expect(images.keptBytes(whose === '' ? null : String(whose))).toBe(sum);
      }
      expect(images.keptBytes('nobody')).toBe(0);
    }),
    { numRuns: 60 },
  );
});
