import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import type { LocatedSentence } from '../../src/evaluation/pairs.ts';
import { sentencePairs } from '../../src/evaluation/pairs.ts';

/** One sentence a line of `text`, tokens `form/TAG`; line numbers as in a file of columns. */
function corpus(file: string, text: string) {
  let line = 1;
  const sentences = text.split('\n').map((row): LocatedSentence => {
    const items = row.split(' ').filter((item) => item !== '');
    const sentence = {
      tokens: items.map((item) => item.split('/')[0]!),
      tags: items.map((item) => item.split('/')[1]!),
      file,
      line,
    };
    line += items.length + 1;
    return sentence;
  });
  return { file, sentences };
}

async function message(gold: string, predicted: string): Promise<string> {
  try {
    for await (const _ of sentencePairs(
      corpus('gold.conll', gold),
      corpus('pred.conll', predicted),
    ));
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  return 'no error';
}

describe('sentencePairs', () => {
  it('joins gold and predicted tags', async () => {
    const found = [];
    for await (const pair of sentencePairs(
      corpus('g', 'a/X b/Y\nc/Z'),
      corpus('p', 'a/X b/X\nc/Y'),
    )) {
      found.push(pair);
    }
    expect(found).toEqual([
      { tokens: ['a', 'b'], gold: ['X', 'Y'], predicted: ['X', 'X'] },
      { tokens: ['c'], gold: ['Z'], predicted: ['Y'] },
    ]);
  });

  it('takes several sentences at a time and skips those without tokens', async () => {
    const { sentences } = corpus('g', 'a/X\n\nb/X\nc/X');
    async function* pieces() {
      yield sentences.slice(0, 1);
      yield [];
      yield sentences.slice(1);
    }
    const found = [];
    for await (const { tokens } of sentencePairs(
      { file: 'g', sentences: pieces() },
      corpus('p', 'a/X\nb/X\nc/X'),
    )) {
      found.push(...tokens);
    }
    expect(found).toEqual(['a', 'b', 'c']);
  });

  it('reports where tokens differ', async () => {
    expect(await message('a/X\nb/X c/X', 'a/X\nb/X d/X')).toBe(
      'pred.conll:3: token 2 of this sentence is "d", but at gold.conll:3 it is "c". Both files must hold the same tokens in the same order.',
    );
  });

  it('reports where a sentence is longer or shorter', async () => {
    expect(await message('a/X b/X c/X', 'a/X')).toBe(
      'pred.conll:1: this sentence has 1 token, but at gold.conll:1 it has 3. Both files must end their sentences at the same tokens.',
    );
    expect(await message('a/X', 'a/X b/X')).toContain(
      'has 2 tokens, but at gold.conll:1 it has 1.',
    );
  });

  it('reports which file ends early', async () => {
    expect(await message('a/X\nb/X', 'a/X')).toBe(
      'pred.conll: ends after 1 sentence, but another begins at gold.conll:3 with "b". Both files must hold the same sentences.',
    );
    expect(await message('a/X', 'a/X\nb/X')).toContain(
      'gold.conll: ends after 1 sentence, but another begins at pred.conll:3',
    );
    expect(await message('', 'a/X')).toContain('gold.conll: ends after 0 sentences');
    expect(await message('', '')).toBe('no error');
  });

  it('keeps odd and long tokens on one line', async () => {
    expect(await message('a/X', `${'z'.repeat(500)}\n/X`)).toMatch(/^.{1,250}$/);
  });

  it('closes both readers when the caller stops', async () => {
    const closed: string[] = [];
    async function* reader(file: string) {
      try {
        yield* corpus(file, 'a/X\nb/X').sentences;
      } finally {
        closed.push(file);
      }
    }
    for await (const _ of sentencePairs(
      { file: 'g', sentences: reader('g') },
      { file: 'p', sentences: reader('p') },
    )) {
      break;
    }
    expect(closed).toEqual(['g', 'p']);
  });
});
