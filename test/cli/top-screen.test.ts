/** The screen of `vramkeeper top`. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Screen } from '../../src/cli/top/top-screen.ts';

/** A terminal's end of standard output: takes what is written, has a size, tells when it changes. */
class Output extends EventEmitter {
  columns = 80;
  rows = 24;
  writableNeedDrain = false;
  written = '';

  write(text: string): boolean {
    this.written += text;
    return true;
  }

  take(): string {
    const { written } = this;
    this.written = '';
    return written;
  }
}

describe('the screen', () => {
  let output: Output;
  let screen: Screen;
  let resized: number;

  beforeEach(() => {
    output = new Output();
    resized = 0;
    screen = new Screen(output, () => {
      resized += 1;
    });
  });
  afterEach(() => screen.close());

  test('is taken once and given back once', () => {
    screen.open();
    screen.open();
    expect(output.take()).toBe('\u001b[?1049h\u001b[?25l');
    screen.close();
    screen.close();
    expect(output.take()).toBe('\u001b[?25h\u001b[?1049l');
    expect(output.listenerCount('resize')).toBe(0);
  });

  test('is given back when the process ends in any other way', () => {
    const before = process.listenerCount('exit');
    screen.open();
    const [listener] = process.listeners('exit').slice(-1);
    output.take();
    listener?.call(process, 1);
    expect(output.take()).toBe('\u001b[?25h\u001b[?1049l');
    screen.close();
    expect(output.take()).toBe('');
    expect(process.listenerCount('exit')).toBe(before);
  });

  test('is redrawn in place and at once, and not when nothing changed', () => {
    screen.open();
    output.take();
    screen.draw(['one', 'two']);
    const text = output.take();
    expect(text).toBe('\u001b[?2026h\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J\u001b[?2026l');
    expect(text).not.toContain('\u001b[2J');
    screen.draw(['one', 'two']);
    expect(output.take()).toBe('');
  });

  test('is drawn anew when its size changes', () => {
    screen.open();
    screen.draw(['one']);
    output.columns = 100;
    output.emit('resize');
    expect(resized).toBe(1);
    expect(screen.size).toEqual({ columns: 100, rows: 24 });
    output.take();
    screen.draw(['one']);
    expect(output.take()).toContain('one');
  });

  test('leaves pictures out that a slow terminal cannot take, and draws nothing when it is not its', () => {
    screen.draw(['early']);
    screen.open();
    output.take();
    output.writableNeedDrain = true;
    screen.draw(['one']);
    expect(output.take()).toBe('');
    output.writableNeedDrain = false;
    screen.draw(['one']);
    expect(output.take()).toContain('one');
    screen.close();
    output.take();
    screen.draw(['late']);
    expect(output.take()).toBe('');
  });
});
