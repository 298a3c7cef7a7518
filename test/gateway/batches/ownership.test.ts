/** Files and batches are their client's: for others they are not there, whether they are or not. */
import OpenAI, { toFile } from 'openai';
import { expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { gatewayWorld } from '../support/world.ts';

const KEYS = {
  alice: 'alice-key-0123456789',
  bob: 'bob-key-0123456789ab',
  chief: 'chief-key-0123456789',
};

it('Foreign files and batches are as unknown as those that are not there, but for administrators', async () => {
  await using world = await gatewayWorld(
    {
      config: {
        keys: [
          { name: 'alice', key: KEYS.alice, admin: false, maxPriority: 'NORMAL' },
          { name: 'bob', key: KEYS.bob, admin: false, maxPriority: 'NORMAL' },
          { name: 'chief', key: KEYS.chief, admin: true, maxPriority: 'HIGH' },
        ],
        fileQuota: { ofClient: 2_000, ofAll: 3_000 },
      },
    },
    { authorization: `Bearer ${KEYS.chief}` },
  );
  const clientOf = (apiKey: string, headers: Record<string, string> = {}) =>
    new OpenAI({ baseURL: `${world.url}/v1`, apiKey, maxRetries: 0, defaultHeaders: headers });
  const [alice, bob, chief] = [clientOf(KEYS.alice), clientOf(KEYS.bob), clientOf(KEYS.chief)];
  const body = { model: 'llama3.2:1b', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 2 };
  const line = JSON.stringify({ custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body });
  const upload = async (by: OpenAI, text: string) =>
    by.files.create({ file: await toFile(Buffer.from(text), 'a.jsonl'), purpose: 'batch' });
  const file = await upload(alice, line);
  const asked = {
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '1h',
  } as const;
  const made = await alice.batches.create(asked as typeof asked & { completion_window: '24h' });
  const done = await eventually(
    () => alice.batches.retrieve(made.id),
    ({ status }) => status === 'completed',
  );
  const output = done.output_file_id ?? '';
  const gone = [
    () => bob.files.retrieve(file.id),
    () => bob.files.content(file.id),
    () => bob.files.delete(file.id),
    () => bob.files.retrieve(output),
    () => bob.files.content(output),
    () => bob.batches.retrieve(made.id),
    () => bob.batches.cancel(made.id),
    () => bob.batches.create(asked as typeof asked & { completion_window: '24h' }),
  ];
  for (const call of gone) await expect(call()).rejects.toMatchObject({ status: 404 });
  expect((await bob.files.list()).data).toEqual([]);
  expect((await bob.files.list({ after: file.id })).data).toEqual([]);
  expect((await bob.batches.list()).data).toEqual([]);
  expect((await chief.batches.retrieve(made.id)).id).toBe(made.id);
  expect((await chief.files.list()).data.map(({ id }) => id)).toEqual([output, file.id]);

  await expect(
    clientOf(KEYS.alice, { 'X-Priority': 'high' }).batches.create(
      asked as typeof asked & { completion_window: '24h' },
    ),
  ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('NORMAL') });

  await expect(upload(alice, 'x'.repeat(2_500))).rejects.toMatchObject({
    status: 413,
    message: expect.stringContaining('fileBytesPerClient'),
  });
  await upload(bob, 'x'.repeat(1_900));
  await expect(upload(alice, 'x'.repeat(1_500))).rejects.toMatchObject({
    status: 413,
    message: expect.stringContaining('fileBytes'),
  });
  expect((await alice.files.list({ purpose: 'batch' })).data).toHaveLength(1);

  await alice.files.delete(output);
  await expect(alice.files.content(output)).rejects.toMatchObject({ status: 404 });
});
