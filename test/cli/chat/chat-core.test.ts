/** The parts of a conversation that touch nothing: phases, commands, blocks, paths, requests. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { helpRows, parseCommand } from '../../../src/cli/chat/chat-command.ts';
import { helpText } from '../../../src/cli/chat/command-effects.ts';
import {
  answered,
  asked,
  jobOf,
  lastQuestion,
  newConversation,
  parseSaved,
  savedText,
} from '../../../src/cli/chat/conversation.ts';
import { pathsIn, withoutPaths } from '../../../src/cli/chat/image-paths.ts';
import { type Happening, next, type Phase } from '../../../src/cli/chat/phase.ts';
import { type Block, feed } from '../../../src/cli/chat/text-block.ts';
import { withThinkAlone } from '../../../src/cli/commands/chat-commands.ts';
import { OutputTrack } from '../../../src/cli/jobs/output-track.ts';

describe('phases', () => {
  const walk = (...happenings: readonly Happening[]) => {
    let phase: Phase = 'READING';
    return happenings.map((happening) => {
      const step = next(phase, happening);
      phase = step.to;
      return `${step.to}${step.effect === 'NOTHING' ? '' : ` ${step.effect}`}`;
    });
  };

  test('a question waits, is answered, and the next is read', () => {
    expect(walk('ASKED', 'TEXT_CAME', 'ANSWER_ENDED', 'ASKED', 'ANSWER_ENDED', 'INPUT_ENDED')).toEqual([
      'WAITING',
      'ANSWERING',
      'READING',
      'WAITING',
      'READING',
      'LEFT',
    ]);
  });

  test('Ctrl-C ends a job that waits or answers, and a second one leaves', () => {
    expect(walk('ASKED', 'INTERRUPTED', 'TEXT_CAME', 'ANSWER_ENDED')).toEqual([
      'WAITING',
      'STOPPING CANCEL_JOB',
      'STOPPING',
      'READING',
    ]);
    expect(walk('ASKED', 'TEXT_CAME', 'INTERRUPTED', 'INTERRUPTED').slice(2)).toEqual([
      'STOPPING CANCEL_JOB',
      'LEFT',
    ]);
  });

  test('Ctrl-C at the prompt says how to leave, and drops a block', () => {
    expect(walk('INTERRUPTED', 'BLOCK_OPENED', 'INTERRUPTED')).toEqual([
      'READING SAY_HOW_TO_LEAVE',
      'BLOCK',
      'READING DROP_BLOCK',
    ]);
  });

  test('what cannot happen throws with both names', () => {
    expect(() => next('READING', 'TEXT_CAME')).toThrow('A conversation that is READING takes no TEXT_CAME.');
  });
});

describe('blocks', () => {
  const typed = (...lines: readonly string[]): readonly string[] => {
    let block: Block | null = null;
    return lines.flatMap((line) => {
      const fed = feed(block, line);
      block = fed.kind === 'open' ? fed.block : null;
      return fed.kind === 'whole' ? [fed.text] : [];
    });
  };

  test.each([
    [['one'], ['one']],
    [
      ['"""', 'one', ' two', '"""', 'three'],
      ['one\n two', 'three'],
    ],
    [['"""one', 'two"""'], ['one\ntwo']],
    [['"""one"""'], ['one']],
    [['"""one""" '], ['one']],
    [['"""', '', 'a', '', '"""'], ['\na\n']],
    [['say """ now'], ['say """ now']],
    [['/system """be', 'brief"""'], ['/system be\nbrief']],
    [['/set system """be', 'brief', '"""'], ['/set system be\nbrief']],
    [['"""', 'never closed'], []],
  ])('%j is %j', (lines, texts) => {
    expect(typed(...lines)).toEqual(texts);
  });

  test('any lines without marks come back as they were', () => {
    const line = fc.string().filter((text) => !text.includes('"') && !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (lines) => {
        expect(typed('"""', ...lines, '"""')).toEqual([lines.join('\n')]);
      }),
    );
  });
});

describe('commands', () => {
  test.each([
    ['/bye', { kind: 'bye' }],
    ['/exit', { kind: 'bye' }],
    ['/?', { kind: 'help' }],
    [' /help ', { kind: 'help' }],
    ['/model qwen3:8b', { kind: 'model', name: 'qwen3:8b' }],
    ['/system be brief', { kind: 'system', text: 'be brief' }],
    ['/system', { kind: 'system', text: null }],
    ['/set system be\nbrief', { kind: 'system', text: 'be\nbrief' }],
    ['/set parameter temperature 0.5', { kind: 'parameter', name: 'temperature', value: 0.5 }],
    ['/set parameter stop "a b" c', { kind: 'parameter', name: 'stop', value: ['a b', 'c'] }],
    ['/set format json', { kind: 'format', format: 'json' }],
    ['/set format noformat', { kind: 'format', format: null }],
    ['/set noformat', { kind: 'format', format: null }],
    ['/set think', { kind: 'think', level: 'ON' }],
    ['/set think low', { kind: 'think', level: 'LOW' }],
    ['/set nothink', { kind: 'think', level: 'OFF' }],
    ['/set verbose', { kind: 'verbose', on: true }],
    ['/set quiet', { kind: 'verbose', on: false }],
    ['/save "a b.json"', { kind: 'save', name: 'a b.json' }],
    ['/image ./a.png', { kind: 'image', name: './a.png' }],
    ['why /bye?', null],
    ['/home/me/a.png what is this?', null],
    ['/a.png', null],
  ])('%j', (text, command) => {
    expect(parseCommand(text)).toEqual(command);
  });

  test.each([
    ['/nothing', /There is no \/nothing\. There are \/set, .*\/help says/],
    ['/', /Write one of/],
    ['/constructor', /There is no \/constructor/],
    ['/model', /Write \/model NAME/],
    ['/clear all', /\/clear takes nothing/],
    ['/set', /Write one of \/set parameter/],
    ['/set nothing', /There is no \/set nothing/],
    ['/set format xml', /takes json or noformat/],
    ['/set think hard', /"hard" says not how to think/],
    ['/set think constructor', /says not how/],
    ['/set parameter', /There is no parameter ""/],
    ['/set parameter toString 1', /There is no parameter "toString"/],
    ['/set parameter seed', /Give seed a value/],
    ['/set parameter seed 1.5', /takes a whole number, not "1\.5"/],
    ['/set parameter temperature warm', /takes a number, not "warm"/],
  ])('%j is refused with what would be right', (text, says) => {
    expect(() => parseCommand(text)).toThrow(says);
  });

  test('anything that begins with a slash is a command, a question, or refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseCommand(`/${text}`);
        } catch (error) {
          expect(error).toMatchObject({ code: 'USAGE' });
        }
      }),
    );
  });

  test.each([60, 80])('the help has all of them within %d columns', (columns) => {
    const text = helpText(columns);
    for (const [command] of helpRows()) expect(text).toContain(command);
    expect(text.split('\n').filter((line) => line.length > columns)).toEqual([]);
  });

  test('--think may stand alone before a prompt', () => {
    expect(withThinkAlone(['run', 'm', '--think', 'why?'])).toEqual(['run', 'm', '--think=on', 'why?']);
    expect(withThinkAlone(['run', 'm', '--think', 'high', 'why?'])).toEqual([
      'run',
      'm',
      '--think',
      'high',
      'why?',
    ]);
    expect(withThinkAlone(['chat', 'm', '--think'])).toEqual(['chat', 'm', '--think=on']);
    expect(withThinkAlone(['run', 'm', '--', '--think'])).toEqual(['run', 'm', '--', '--think']);
    expect(withThinkAlone(['submit', 'm', '--think', 'x'])).toEqual(['submit', 'm', '--think', 'x']);
  });
});

describe('paths of images in a text', () => {
  test.each([
    ['what is ./a.png?', ['./a.png']],
    ['/tmp/a.JPG and b.jpeg', ['/tmp/a.JPG', 'b.jpeg']],
    ["'/tmp/my cat.webp' please", ['/tmp/my cat.webp']],
    ['"my cat.png", look', ['my cat.png']],
    [String.raw`/tmp/my\ cat.png look`, ['/tmp/my cat.png']],
    ['(see a.png)', ['a.png']],
    ['a.png a.png', ['a.png']],
    ['a.pngs and .text', []],
    ['no image', []],
  ])('%j', (text, paths) => {
    expect(pathsIn(text).map(({ path }) => path)).toEqual(paths);
  });

  test('leave the text', () => {
    const text = 'what is "my cat.png" and b.png';
    expect(withoutPaths(text, pathsIn(text))).toBe('what is  and');
  });
});

describe('a conversation', () => {
  const talk = answered(
    asked(newConversation('m'), { role: 'user', content: 'hi', images: ['aGk='] }),
    'hello',
  );

  test('is a chat with all that was said and set', () => {
    const set = {
      ...talk,
      system: 'be brief',
      think: 'LOW' as const,
      format: 'json',
      parameters: { num_ctx: 4096, num_predict: 9, seed: 1, temperature: 0.1, top_p: 0.5, stop: ['x'] },
    };
    expect(jobOf(set, 'HIGH')).toEqual({
      model: 'm',
      priority: 'HIGH',
      request: {
        chat: {
          messages: [
            { role: 'SYSTEM', content: 'be brief' },
            { role: 'USER', content: 'hi', images: ['aGk='] },
            { role: 'ASSISTANT', content: 'hello' },
          ],
          truncate: true,
          format: 'json',
          think: 'LOW',
          options: {
            contextLength: 4096,
            maxTokens: 9,
            seed: 1,
            temperature: 0.1,
            extra: { top_p: 0.5, stop: ['x'] },
          },
        },
      },
    });
    expect(jobOf(newConversation('m'), 'LOW')).toEqual({
      model: 'm',
      priority: 'LOW',
      request: { chat: { messages: [], truncate: true } },
    });
  });

  test('goes back to before its last question', () => {
    expect(lastQuestion(talk)).toEqual({
      before: newConversation('m'),
      question: { role: 'user', content: 'hi', images: ['aGk='] },
    });
    expect(lastQuestion(newConversation('m'))).toBeNull();
  });

  test('is read as it was saved', () => {
    expect(parseSaved(savedText(talk), 'f')).toEqual(talk);
  });

  test.each([
    ['', /f holds no conversation: it is not JSON/],
    ['[]', /f holds no conversation/],
    ['{"model": "m"}', /f holds no conversation at messages/],
    ['{"model": "m", "messages": [{"role": "tool", "content": ""}]}', /at messages\.0\.role/],
  ])('what is none is told: %j', (text, says) => {
    expect(() => parseSaved(text, 'f')).toThrow(says);
  });
});

describe('output of a job', () => {
  test('is whole and has nothing twice, wherever streams broke and began again', () => {
    const pieces = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.array(fc.nat({ max: 19 })), (texts, breaks) => {
        const track = new OutputTrack();
        const whole = texts.join('');
        let said = '';
        const read = (from: number, until: number) => {
          let offset = 0;
          for (const text of texts.slice(0, until)) {
            const start = Math.max(from, offset);
            if (offset + text.length > from)
              said +=
                track.take({ attempt: 1, channel: 'TEXT', offset: start, text: text.slice(start - offset) })
                  ?.text ?? '';
            offset += text.length;
          }
        };
        for (const until of breaks) read(track.resumeAt().fromOffset, until);
        // A server that cannot resume begins from the start.
        read(0, texts.length);
        expect(said).toBe(whole);
        expect(track.resumeAt()).toEqual({ attempt: 1, fromOffset: whole.length });
      }),
    );
  });

  test('of another attempt is told apart, where there was something before', () => {
    const chunk = (attempt: number, text: string) => ({ attempt, channel: 'TEXT' as const, offset: 0, text });
    const track = new OutputTrack();
    expect(track.take(chunk(1, 'one'))).toEqual({ channel: 'TEXT', text: 'one', newAttempt: null });
    expect(track.take(chunk(2, 'other'))).toEqual({ channel: 'TEXT', text: 'other', newAttempt: 2 });
    expect(track.take(chunk(1, 'one and more'))).toBeNull();
    expect(new OutputTrack().take(chunk(3, 'x'))).toMatchObject({ newAttempt: null });
  });
});
