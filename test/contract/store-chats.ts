/** Chats: a question and its job in one commit, answers that their jobs' ends become, branches, pages, and what goes with a chat. */
import { describe, expect, test } from 'vitest';
import { systemRandom, VirtualClock } from '../../src/clock.ts';
import { CHAT_LIMITS, type NewTurn, type Turn, type TurnOutcome } from '../../src/domain/chat.ts';
import { type ChatId, newId } from '../../src/domain/ids.ts';
import { UNUSED_IMAGE_MS } from '../../src/domain/image.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Store } from '../../src/domain/store.ts';
import type { CurrentStore } from './store-contract.ts';
import { claimOne, newJob, RESULT, WEEK_MS } from './store-fixtures.ts';

const idClock = new VirtualClock();
const messageId = () => newId('msg', idClock, systemRandom);
export const chatId = (): ChatId => newId('chat', idClock, systemRandom);

export function newTurn(content: string, changes: Partial<NewTurn> = {}): NewTurn {
  return {
    chat: { id: chatId(), client: 'alice', title: content },
    parentId: null,
    question: { id: messageId(), content, images: [] },
    answerId: messageId(),
    modelName: 'llama3',
    system: null,
    options: {},
    think: null,
    job: newJob(),
    imagesOf: null,
    idempotency: null,
    queueLimit: 100,
    limits: CHAT_LIMITS,
    ...changes,
  };
}

export async function taken(store: Store, turn: NewTurn): Promise<Turn> {
  const outcome = await store.chats.take(turn);
  if (outcome.kind !== 'taken') throw new Error(`The turn was not taken: ${outcome.kind}.`);
  return outcome;
}

/** The next turn of a chat that was begun. */
function after({ chat, answer }: Turn, content: string, changes: Partial<NewTurn> = {}): NewTurn {
  return newTurn(content, { chat: { ...chat, title: null }, parentId: answer.id, ...changes });
}

async function say(store: Store, text: string): Promise<Job> {
  const { job } = await claimOne(store);
  const output = [
    { attempt: job.fence, channel: 'THINKING', text: 'Hm.' },
    { attempt: job.fence, channel: 'TEXT', text },
  ] as const;
  await store.finish({ id: job.id, fence: job.fence, kind: 'complete', result: RESULT, output });
  return job;
}

export function storeChatsContract(current: CurrentStore): void {
  const chatOf = async ({ chat }: Turn) => (await current().store.chats.chats([chat.id]))[0];
  const answerOf = async ({ answer }: Turn) => (await current().store.chats.messages([answer.id]))[0];

  describe('chats', () => {
    test('keep a question with the job that answers it, and what the job says as its answer', async () => {
      const { store, clock } = current();
      const turn = await taken(store, newTurn('Why?', { system: 'Be short.', options: { seed: 1 } }));
      expect(turn.chat).toMatchObject({
        title: 'Why?',
        client: 'alice',
        modelName: 'llama3',
        system: 'Be short.',
        options: { seed: 1 },
        leaf: turn.answer.id,
        messages: 2,
        activeJob: turn.job.id,
      });
      expect(turn.answer).toMatchObject({ parentId: turn.question?.id, content: '', end: null });
      expect(await store.job(turn.job.id)).toEqual(turn.job);
      await clock.advance(5);
      await say(store, 'Because.');
      expect(await answerOf(turn)).toMatchObject({
        content: 'Because.',
        thinking: 'Hm.',
        end: { status: 'COMPLETE', failure: null, usage: RESULT.usage, isCut: false },
      });
      expect(await chatOf(turn)).toMatchObject({
        activeJob: null,
        updatedAt: clock.now(),
        characters: 'Why?Because.Hm.'.length,
      });
      expect(await store.chats.path(turn.chat.id, turn.answer.id)).toEqual([
        turn.question?.id,
        turn.answer.id,
      ]);
      const other = await taken(store, newTurn('Another'));
      expect(await store.chats.path(other.chat.id, turn.answer.id)).toEqual([]);
    });

    test.each([
      ['fails', 'FAILED'],
      ['is cancelled while it waits', 'CANCELLED'],
      ['is cancelled while it runs', 'CANCELLED'],
      ['is refused', 'FAILED'],
    ])('tell of a job that %s, and take its next try as the same answer', async (how, status) => {
      const { store } = current();
      const turn = await taken(store, newTurn('Why?'));
      const { id } = turn.job;
      const failure = { code: 'LOAD_FAILED', message: 'No.', retryable: true } as const;
      const said = [{ attempt: 1, channel: 'TEXT', text: 'Beca' }] as const;
      if (how === 'fails') {
        const { job } = await claimOne(store);
        await store.finish({ id, fence: job.fence, kind: 'fail', failure, attempt: null, output: said });
      } else if (how === 'is refused') await store.refuse([{ ...turn.job, count: 1 }], failure);
      else if (how.endsWith('runs')) {
        const { job } = await claimOne(store);
        await store.cancel(id, null);
        expect(await store.keepSaid(job, said)).toBe(true);
      } else await store.cancel(id, null);
      const partial = how === 'fails' || how.endsWith('runs');
      expect(await answerOf(turn)).toMatchObject({
        content: partial ? 'Beca' : '',
        end: { status, failure: status === 'FAILED' ? failure : null, usage: null },
      });
      expect((await chatOf(turn))?.activeJob).toBeNull();
      await store.retry(id, 10);
      expect(await answerOf(turn)).toMatchObject({ content: '', end: null });
      expect((await chatOf(turn))?.activeJob).toBe(id);
      await say(store, 'Because.');
      expect(await answerOf(turn)).toMatchObject({
        content: 'Because.',
        end: { status: 'COMPLETE', failure: null },
      });
    });

    test('take what a cancelled run said for no other run', async () => {
      const { store } = current();
      const turn = await taken(store, newTurn('Why?'));
      const { job } = await claimOne(store);
      await store.cancel(job.id, null);
      await store.retry(job.id, 10);
      expect(await store.keepSaid(job, [{ attempt: 1, channel: 'TEXT', text: 'late' }])).toBe(false);
      await claimOne(store);
      await store.cancel(job.id, null);
      expect(await store.keepSaid(job, [{ attempt: 1, channel: 'TEXT', text: 'late' }])).toBe(false);
      expect(await answerOf(turn)).toMatchObject({ content: '' });
    });

    test('keep answers beyond their jobs', async () => {
      const { store, clock } = current();
      const turn = await taken(store, newTurn('Why?'));
      await say(store, 'Because.');
      await clock.advance(2 * WEEK_MS);
      await store.tend(WEEK_MS);
      expect(await store.job(turn.job.id)).toBeNull();
      expect(await answerOf(turn)).toMatchObject({ content: 'Because.', end: { usage: RESULT.usage } });
    });

    test('have branches, each shown to its newest end', async () => {
      const { store } = current();
      const first = await taken(store, newTurn('Why?'));
      await say(store, 'Because.');
      const again = await taken(store, {
        ...after(first, ''),
        question: null,
        parentId: first.question?.id ?? null,
      });
      await say(store, 'So.');
      const edited = await taken(store, after(first, 'How?', { parentId: null }));
      await say(store, 'Thus.');
      const [questions, answers] = await store.chats.alternatives([
        edited.question?.id,
        first.answer.id,
      ] as never);
      expect(questions).toEqual([first.question?.id, edited.question?.id]);
      expect(answers).toEqual([first.answer.id, again.answer.id]);
      const { id } = first.chat;
      expect(await store.chats.update(id, { leaf: first.question?.id as never })).toMatchObject({
        leaf: again.answer.id,
      });
      expect(await store.chats.update(id, { leaf: first.answer.id })).toMatchObject({
        leaf: first.answer.id,
      });
      const other = await taken(store, newTurn('Elsewhere'));
      expect(await store.chats.update(id, { leaf: other.answer.id })).toBe('no-message');
      expect(await store.chats.update(chatId(), { title: 'x' })).toBeNull();
    });

    test('refuse what cannot be said, and store nothing of it', async () => {
      const { store } = current();
      const turn = await taken(store, newTurn('Why?'));
      const outcome = async (next: NewTurn): Promise<TurnOutcome['kind']> =>
        (await store.chats.take(next)).kind;
      expect(await store.chats.take(after(turn, 'And?'))).toMatchObject({
        kind: 'busy',
        job: { id: turn.job.id },
      });
      await say(store, 'Because.');
      expect(
        await outcome(after(turn, 'And?', { chat: { id: chatId(), client: 'alice', title: null } })),
      ).toBe('no-chat');
      expect(await outcome(after(turn, 'And?', { parentId: messageId() }))).toBe('no-parent');
      const limit = (limits: Partial<typeof CHAT_LIMITS>) => ({ limits: { ...CHAT_LIMITS, ...limits } });
      expect(await outcome(after(turn, 'And?', limit({ messages: 3 })))).toBe('full');
      expect(await outcome(after(turn, 'And?', limit({ characters: 16 })))).toBe('full');
      expect(await outcome(newTurn('x', limit({ chatsPerClient: 1 })))).toBe('full');
      expect(await outcome(after(turn, 'And?', { queueLimit: 0 }))).toBe('queue-full');
      const image = `sha256:${'0'.repeat(64)}` as never;
      const job = newJob({ request: { kind: 'GENERATE', prompt: 'x', images: [image] } });
      const question = { id: messageId(), content: '', images: [image] };
      expect(await outcome(after(turn, '', { job, question }))).toBe('unknown-images');
      expect(await chatOf(turn)).toMatchObject({ messages: 2, leaf: turn.answer.id });
      expect(store.counts().PENDING).toBe(0);
    });

    test('take the same turn of a key once', async () => {
      const { store } = current();
      const idempotency = { key: 'k', inputHash: 'a' };
      const turn = await taken(store, newTurn('Why?', { idempotency }));
      const repeated = await store.chats.take(newTurn('Why?', { idempotency }));
      expect(repeated).toEqual({ ...turn, kind: 'duplicate' });
      const other = { ...idempotency, inputHash: 'b' };
      expect(await store.chats.take(newTurn('How?', { idempotency: other }))).toMatchObject({
        kind: 'conflict',
        existing: { id: turn.job.id },
      });
      expect(await store.chats.count({ client: 'alice' })).toBe(1);
    });

    test('are listed by when they were last used, in pages, for their client alone', async () => {
      const { store, clock } = current();
      const turns: Turn[] = [];
      for (const title of ['Apples', 'Bears', 'Cherries']) {
        turns.push(await taken(store, newTurn(title)));
        await clock.advance(1);
      }
      await taken(store, newTurn('Bees', { chat: { id: chatId(), client: 'bob', title: 'Bees' } }));
      const [apples, bears, cherries] = turns.map(({ chat }) => chat.id) as [ChatId, ChatId, ChatId];
      const list = async (more: object) => {
        const page = await store.chats.list({
          filter: { client: 'alice' },
          fromEnd: false,
          limit: 2,
          ...more,
        });
        return { ...page, chats: page.chats.map(({ id }) => id) };
      };
      expect(await list({})).toEqual({ chats: [cherries, bears], hasPrevious: false, hasNext: true });
      const [place] = await store.chats.chats([bears]);
      expect(await list({ after: place })).toEqual({ chats: [apples], hasPrevious: true, hasNext: false });
      expect(await list({ fromEnd: true })).toEqual({
        chats: [bears, apples],
        hasPrevious: true,
        hasNext: false,
      });
      expect((await list({ filter: { client: 'alice', matching: 'BEA' } })).chats).toEqual([bears]);
      expect(await store.chats.count({ client: 'alice', matching: 'e' })).toBe(3);
      await store.chats.update(apples, { title: 'Pears', system: null, modelName: 'b' });
      expect((await list({})).chats).toEqual([apples, cherries]);
    });

    test('go with their messages, images and jobs', async () => {
      const { store, clock } = current();
      const bytes = Buffer.from('\x89PNG\r\n\x1a\nx', 'latin1');
      const quota = { ofClient: 10_000, ofAll: 10_000 };
      const kept = await store.images.keep({ client: 'alice', bytes, quota });
      if (kept.kind !== 'kept') throw new Error(kept.kind);
      const { hash, id } = kept.image;
      const question = { id: messageId(), content: 'See.', images: [hash] };
      const turn = await taken(store, newTurn('See.', { question }));
      await say(store, 'I see.');
      const next = await taken(store, after(turn, 'And?'));
      await clock.advance(2 * UNUSED_IMAGE_MS);
      await store.tend(1);
      expect(await store.images.images([id], 'alice')).toEqual([kept.image]);
      expect(await store.chats.delete(turn.chat.id)).toBe(true);
      expect(await store.chats.delete(turn.chat.id)).toBe(false);
      expect(await store.chats.chats([turn.chat.id])).toEqual([null]);
      expect(await store.chats.messages([turn.answer.id, next.answer.id])).toEqual([null, null]);
      expect((await store.job(next.job.id))?.status).toBe('CANCELLED');
      await clock.advance(UNUSED_IMAGE_MS);
      await store.tend(1);
      expect(await store.images.images([id], 'alice')).toEqual([null]);
    });

    test('tell of every change of them once it is on disk', async () => {
      const { store } = current();
      const told: string[] = [];
      const end = store.chats.onNews((news) => told.push(...news.map(({ client, id }) => `${client} ${id}`)));
      const turn = await taken(store, newTurn('Why?'));
      await say(store, 'Because.');
      await store.chats.update(turn.chat.id, { title: 'x' });
      await store.chats.take(after(turn, 'x', { queueLimit: 0 }));
      await store.chats.delete(turn.chat.id);
      expect(told).toEqual(Array(4).fill(`alice ${turn.chat.id}`));
      end();
      await taken(store, newTurn('Why?'));
      expect(told).toHaveLength(4);
    });
  });
}
