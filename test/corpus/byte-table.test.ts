import { describe, expect, test } from 'vitest';
import { createByteTable } from '../../src/corpus/byte-table.ts';
import { fnv } from '../../src/corpus/fnv.ts';

describe('createByteTable', () => {
  const open = () => {
    const table = createByteTable();
    const number = (text: string, hash?: number): number => {
      const bytes = Buffer.from(`<${text}>`);
      const to = bytes.length - 1;
      return table.number(bytes, 1, to, hash ?? fnv(bytes, 1, to));
    };
    return { table, number };
  };

  test('numbers strings as they come, and keeps their bytes', () => {
    const { table, number } = open();
    expect(['a', 'Zoë', 'a', '', 'b'].map((text) => number(text))).toEqual([0, 1, 0, 2, 3]);
    expect(table.size).toBe(4);
    expect(table.bytes).toBe(6);
    expect(Buffer.from(table.bytesOf(1)).toString()).toBe('Zoë');
  });

  test('tells strings of one hash apart', () => {
    const { number } = open();
    expect([number('ab', 5), number('ba', 5), number('abc', 5), number('ab', 5)]).toEqual([
      0, 1, 2, 0,
    ]);
  });

  test('grows', () => {
    const { table, number } = open();
    const words = Array.from({ length: 5000 }, (_, i) => `word ${i * 7919}`);
    expect(words.map((word) => number(word))).toEqual(words.map((_, i) => i));
    expect(words.map((word) => number(word))).toEqual(words.map((_, i) => i));
    expect(Buffer.from(table.bytesOf(4321)).toString()).toBe(words[4321]);
  });

  test('begins again when it is cleared', () => {
    const { table, number } = open();
    number('a');
    table.clear();
    expect([table.size, table.bytes]).toEqual([0, 0]);
    expect([number('b'), number('a')]).toEqual([0, 1]);
  });
});
