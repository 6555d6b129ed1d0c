import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultTokenization,
  type PhenomenonName,
  phenomena,
} from '../../../src/corpus/text/tokenization.ts';
import { tokenize, tokenizerOf } from '../../../src/corpus/text/tokenizer.ts';

/** Each line: a chunk is its tokens, joined. */
function check(lines: string, follow: Parameters<typeof tokenize>[1] = 'word'): void {
  for (const line of lines.trim().split('\n')) {
    const tokens = line.trim().split(' ');
    expect(tokenize(tokens.join(''), follow)).toEqual(tokens);
  }
}

describe('tokenize', () => {
  test('contractions come apart', () => {
    check(`
      do n't
      ca n't
      DO N'T
      wo n’t
      I 'm
      Anna 's
      they 'd 've
      should n't 've
      it 's "
      dogs '
      can not
      gon na
      du n no
      do nt
      that s
    `);
  });

  test('names with an apostrophe stay whole', () => {
    check("O'Connell\nO'Brien 's\nrock'n'roll\nShi'ite\n'em\n'90s");
  });

  test('abbreviations keep their full stop', () => {
    check('Mr.\nDr.\n( Mrs.\nSt.\nU.S.\ne.g. ,\na.m.\nPh.D.\nJ.\nInc.\nU.S. - based\nstop .\nm .');
    check('No.\np.\nvol.', 'number');
    check('No .\np .', 'word');
    check('etc.\nU.S.\np.m. )\nInc. "\nMr .\nB .\nno .', 'nothing');
    check('Mr. ) ( Mr .', 'nothing');
  });

  test('numbers, dates and units', () => {
    check(
      '3.5\n10,000\n9:30\n$ 3.50\n50 %\n2nd\n1990s\n10 am\n5.5 km\n1/2\n03/15/2001\n713-853-3989\n3 - 4\n3 .\n.5\n+44\n20 - year - old\n# 1',
    );
  });

  test('links, addresses, handles and emoticons stay whole', () => {
    check(`
      http://a.co.uk/search?q=f+p&ie=8
      ( https://x.com/a_(b) ) .
      www.example.org/x ,
      example.com .
      anna.b@mail.example.org ,
      @anna_b :
      #tag !
      :)
      ;-)
      :D
      <3
      XD
      ^_^
      ( 8 )
      report_v2.doc
      comp.sources.unix
    `);
  });

  test('hyphens split compounds but not prefixes', () => {
    check('well - known\ne-mail\nE-mail\nanti-war\nco-op\ncafé - owner\nstate - of - the - art');
  });

  test('other punctuation stands alone, runs of a mark do not', () => {
    check(
      '" What ? "\n( a )\nand / or\nYahoo !\nwait ...\nno !!!\nwhat ?!\na -- b\n« x »\n…\n“ so ”\nAT&T\na & b c\nC++\nx = y'.replace(
        'a & b c',
        'ab & cd',
      ),
    );
  });

  test('beyond ASCII', () => {
    check('résumé\n日本語 です 。\n👩‍👩‍👧‍👦 ❤️\n👍🏽 👍\na\u00adb\n1 €\nnaïve .');
  });

  test('takes no more than linear time', () => {
    const start = performance.now();
    for (const unit of [
      '!',
      '.',
      '?!',
      '。',
      '"',
      '!"',
      'a',
      'a-',
      'a.',
      '(',
      '@a',
      '1-',
      '1.',
      "a'",
      ':',
      'http://(',
      'e-',
    ]) {
      tokenize(unit.repeat(60_000 / unit.length), 'word');
    }
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('tokens of anything join to it', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a',
        'Mr',
        '.',
        '’',
        "'",
        's',
        '-',
        '1',
        ',',
        '@',
        '#',
        '😂',
        '\u0301',
        'の',
        '(',
        ':',
        '/',
        'http://',
        '\u200d',
        '\ud800',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((c) => !/\s/u.test(c)),
    );
    const chunk = fc.array(piece, { minLength: 1 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(chunk, fc.constantFrom('word', 'number', 'nothing'), (chunk, follow) => {
        const tokens = tokenize(chunk, follow);
        if (/^[\p{M}\p{Cf}]*$/u.test(chunk)) expect(tokens).toEqual([]);
        else expect(tokens.join('')).toBe(chunk);
        expect(tokens.every((token) => token.length > 0)).toBe(true);
        expect(tokenize(chunk, follow)).toEqual(tokens);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a tokenization of its own', () => {
  const cut = (text: string, treatments: Partial<typeof defaultTokenization.treatments>) =>
    tokenizerOf({
      ...defaultTokenization,
      treatments: { ...defaultTokenization.treatments, ...treatments },
    })
      .chunk(text)
      .tokens('word')
      .join(' ');

  test.each([
    ['hyphens', 'keep', 'well-known', 'well-known'],
    ['hyphens', 'keep', '10-year-old', '10-year-old'],
    ['hyphens', 'split', 'well-known', 'well - known'],
    ['slashes', 'keep', 'and/or', 'and/or'],
    ['slashes', 'split', 'and/or', 'and / or'],
    ['negations', 'keep', "don't", "don't"],
    ['negations', 'keep', 'cannot', 'cannot'],
    ['possessives', 'keep', "Anna's", "Anna's"],
    ['clitics', 'keep', "they'll", "they'll"],
    ['elisions', 'split', "l'arbre", "l' arbre"],
    ['currency', 'keep', '$1bn,', '$1bn ,'],
    ['currency', 'split', '$1bn', '$ 1bn'],
    ['percent', 'keep', '50%', '50%'],
    ['units', 'keep', '10am', '10am'],
    ['units', 'split', '10am', '10 am'],
    ['decimals', 'split', '3.5', '3 . 5'],
    ['decimals', 'keep', '3.10.2', '3.10.2'],
    ['links', 'split', 'a@b.com', 'a @b . com'],
    ['hashtags', 'split', '#news', '# news'],
    ['handles', 'split', '@anna', '@ anna'],
    ['emoticons', 'split', ':)', ': )'],
    ['marks', 'split', '!!!', '! ! !'],
    ['abbreviations', 'split', 'Dr.', 'Dr .'],
    ['initials', 'split', 'U.S.', 'U. S.'],
    ['ideographs', 'split', '東京', '東 京'],
  ] as const)('%s: %s %s', (name, treatment, text, tokens) => {
    expect(cut(text, { [name]: treatment })).toBe(tokens);
  });

  test('any two phenomena may be kept or split, and no letter is lost', () => {
    const names = Object.keys(phenomena) as PhenomenonName[];
    const words = "he/she isn't well-known.at a@b.co #tag $1bn v2.0.1 Mr. d'or :-)".split(' ');
    for (const first of names)
      for (const second of names)
        for (const [a, b] of [
          ['keep', 'keep'],
          ['keep', 'split'],
          ['split', 'split'],
        ] as const)
          for (const word of words)
            expect(cut(word, { [first]: a, [second]: b }).replaceAll(' ', '')).toBe(word);
    expect(cut('he/she', { hyphens: 'keep', slashes: 'keep' })).toBe('he/she');
    expect(cut('well-known', { hyphens: 'keep', slashes: 'keep' })).toBe('well-known');
  });

  test('no token is invisible', () => {
    expect(tokenize('\ufe0f', 'word')).toEqual([]);
    expect(tokenize('❤\ufe0f', 'word')).toEqual(['❤\ufe0f']);
    expect(tokenize('\u200da', 'word')).toEqual(['\u200da']);
    expect(tokenize('👩\u200d⚕\ufe0f!', 'word')).toEqual(['👩\u200d⚕\ufe0f', '!']);
    expect(tokenize('!\u200d', 'word')).toEqual(['!\u200d']);
  });
});
