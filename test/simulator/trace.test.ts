import { describe, expect, test } from 'vitest';
import { InvalidTraceError } from '../../src/simulator/errors.ts';
import { USUAL_MACHINE } from '../../src/simulator/machine/settings.ts';
import { plainModel } from '../../src/simulator/workload/model-sizes.ts';
import { recordedWorkload } from '../../src/simulator/workload/recorded.ts';
import { parseTrace } from '../../src/simulator/workload/trace.ts';

const parse = (...lines: readonly string[]) => parseTrace(`${lines.join('\n')}\n`, 'jobs.csv');
const HEAD = 'TIMESTAMP,ContextTokens,GeneratedTokens';

describe('a table of recorded jobs', () => {
  test('of Azure', () => {
    expect(
      parse(HEAD, '2023-11-16 18:17:04.0319600,3180,8', '2023-11-16 18:17:03.9799600,4808,10'),
    ).toMatchObject([
      { arrivalMs: 0, promptTokens: 4808, outputTokens: 10, model: null, client: null, priority: null },
      { arrivalMs: 52, promptTokens: 3180, outputTokens: 8 },
    ]);
  });

  test('with models, their bytes, clients and priorities, in any order of columns', () => {
    const head = 'priority,model,arrivalSeconds,promptTokens,outputTokens,client,modelBytes';
    expect(parse(head, 'high,"a, b:latest",1.5,1,2,me,4GB', 'LOW,c,2,3,4,,')).toMatchObject([
      { arrivalMs: 0, model: 'a, b:latest', modelBytes: 4e9, client: 'me', priority: 'HIGH' },
      { arrivalMs: 500, model: 'c', modelBytes: null, client: null, priority: 'LOW' },
    ]);
  });

  test('may have a byte order mark, ends of lines of Windows, and empty lines', () => {
    expect(parseTrace(`\uFEFF${HEAD}\r\n1,2,3\r\n\r\n2,2,3\r\n`, 'jobs.csv')).toHaveLength(2);
  });

  test.each([
    [
      ['time,tokens', '1,2'],
      /jobs.csv, line 1: there is no column for contexttokens or prompttokens, none for gen/,
    ],
    [[HEAD], /jobs.csv has no jobs/],
    [[HEAD, '1,2,3', 'soon,2,3'], /jobs.csv, line 3: "soon" is no time. Write seconds/],
    [[HEAD, '1,2,3', '', '1,2,x'], /line 4: "x" is no number of tokens/],
    [[HEAD, '1,2'], /line 2: "" is no number of tokens/],
    [[HEAD, '1,-2,3'], /line 2: "-2" is no number of tokens/],
    [[`${HEAD},priority`, '1,2,3,urgent'], /line 2: "urgent" is no priority. Use HIGH, NORMAL or LOW/],
    [[`${HEAD},modelBytes`, '1,2,3,big'], /line 2: "big" is not a size/],
    [[`${HEAD},modelBytes`, '1,2,3,0'], /line 2: A model takes more than 0 bytes/],
  ] as const)('%j is refused with the line', (lines, expected) => {
    expect(() => parse(...lines)).toThrow(InvalidTraceError);
    expect(() => parse(...lines)).toThrow(expected);
  });
});

describe('recorded jobs as a workload', () => {
  const settings = {
    jobs: 100,
    ratePerSecond: 1,
    models: 3,
    zipf: 1,
    priorities: 'equal',
    machine: USUAL_MACHINE,
  } as const;

  test('are given models by chance where they name none, and that is said', () => {
    const { models, jobs, note } = recordedWorkload('t', parse(HEAD, '1,2000,100', '2,0,50'), settings, 4);
    expect(models).toHaveLength(3);
    expect(jobs.map(({ workMs, arrivalMs }) => [workMs, arrivalMs])).toEqual([
      [2_000, 0],
      [500, 1_000],
    ]);
    expect(note).toBe('Jobs without a model were given one of 3 by chance, from seed 4 on.');
  });

  test('keep what they name; sizes come from the table, from what is known, or by chance', () => {
    const trace = parse(`${HEAD},model,modelBytes`, '1,2,3,a,5GB', '2,2,3,b,', '3,2,3,c,', '4,2,3,a,');
    const { models, jobs, note } = recordedWorkload('t', trace, settings, 1, [plainModel('b', 7e9)]);
    expect(jobs.map(({ model }) => model)).toEqual(['a', 'b', 'c', 'a']);
    expect(models.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(models.slice(0, 2).map(({ bytes }) => bytes)).toEqual([5e9, 7e9]);
    expect(note).toBe('What these models take was drawn, as nothing tells it: c.');
  });

  test('are the first so many', () => {
    const trace = parse(HEAD, '1,2,3', '2,2,3', '3,2,3');
    expect(recordedWorkload('t', trace, { ...settings, jobs: 2 }, 1).jobs).toHaveLength(2);
  });
});
