import { expect, it } from 'vitest';
import { excerpt, oneLine, printable } from '../../src/cli/printable.ts';

it('shows control characters, marks of direction and line separators as escapes', () => {
  expect(printable('a\u001b[31mb\u0007\u007f\u009b\n')).toBe('a\\x1b[31mb\\x07\\x7f\\x9b\\x0a');
  expect(printable('x\u202ey\u2028z')).toBe('x\\u202ey\\u2028z');
});

it('leaves text, combining marks and emoji as they are', () => {
  const text = 'Grüße 東京 e\u0301 👩‍🚀 \u05e9\u05dc\u05d5\u05dd';
  expect(printable(text)).toBe(text);
});

it('joins lines', () => {
  expect(oneLine('a\r\n  b\u001b')).toBe('a b\\x1b');
});

it('cuts what would fill the screen', () => {
  expect(excerpt('short')).toBe('short');
  expect(excerpt('x'.repeat(1000))).toBe(`${'x'.repeat(60)}…`);
});
