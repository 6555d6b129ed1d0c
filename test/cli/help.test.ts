import { expect, it } from 'vitest';
import { fold, foldCommand, helpWidth } from '../../src/cli/help.ts';

it('folds text between words', () => {
  expect(fold('one two  three\nfour', 9)).toBe('one two\nthree\nfour');
});

it('folds commands before flags and operators, and keeps quoted words whole', () => {
  expect(foldCommand('seqtag tag -m model', 80)).toBe('  $ seqtag tag -m model');
  expect(foldCommand("echo 'a b c' | seqtag tag -m model > out", 30)).toBe(
    "  $ echo 'a b c' \\\n      | seqtag tag -m model \\\n      > out",
  );
});

it('is as wide as the terminal, within limits', () => {
  const width = (stdout: number, stderr = 0): number => helpWidth({ columns: { stdout, stderr } });
  expect([width(70), width(300), width(10), width(0), width(0, 60)]).toEqual([70, 100, 40, 80, 60]);
});
