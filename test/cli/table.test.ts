import { describe, expect, it } from 'vitest';
import { bytes, counted, duration, number, percent, table, widthOf } from '../../src/cli/table.ts';

describe('table', () => {
  it('aligns columns; colours are no width', () => {
    const red = (text: string): string => `<${text}>`;
    const rows = [
      ['name', 'n'],
      [
        ['a', red],
        ['12', red],
      ],
      ['longer', '3'],
    ] as const;
    expect(table(rows, { align: 'lr' })).toBe('name     n\n<a>       <12>\nlonger   3\n');
  });

  it('counts East Asian characters as two, and combined ones once', () => {
    expect(widthOf('日本')).toBe(4);
    expect(widthOf('e\u0301')).toBe(1);
    expect(
      table(
        [
          ['日本', 'x'],
          ['abcd', 'y'],
        ],
        { align: 'l' },
      ),
    ).toBe('日本  x\nabcd  y\n');
  });

  it('leaves no space at ends of lines, and takes no rows', () => {
    expect(
      table(
        [
          ['a', ''],
          ['b', 'c'],
        ],
        { align: 'l' },
      ),
    ).toBe('a\nb  c\n');
    expect(table([], { align: 'l' })).toBe('');
  });
});

describe('figures', () => {
  it('writes numbers for people', () => {
    expect(number(12249)).toBe('12,249');
    expect(counted(1, 'token')).toBe('1 token');
    expect(counted(2000, 'token')).toBe('2,000 tokens');
    expect(percent(0.84567)).toBe('84.57');
    expect(percent(null)).toBe('–');
    expect(percent(0)).toBe('0.00');
  });

  it.each([
    [0.037, '0.04 s'],
    [1.44, '1.4 s'],
    [9.96, '10 s'],
    [59.6, '1 min 00 s'],
    [185, '3 min 05 s'],
    [7620, '2 h 07 min'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [999, '999 bytes'],
    [44_800, '44.8 kB'],
    [1_705_692, '1.7 MB'],
    [2e9, '2.00 GB'],
  ])('writes %d bytes as %s', (n, text) => {
    expect(bytes(n)).toBe(text);
  });
});
