/** Quotation marks, apostrophes and brackets that corpora and vector files write in several ways. */
const PLAIN = new Map([
  ['‘', "'"],
  ['’', "'"],
  ['‛', "'"],
  ['ʼ', "'"],
  ['“', '"'],
  ['”', '"'],
  ['„', '"'],
  ['``', '"'],
  ["''", '"'],
  ['-LRB-', '('],
  ['-RRB-', ')'],
  ['-LSB-', '['],
  ['-RSB-', ']'],
  ['-LCB-', '{'],
  ['-RCB-', '}'],
]);
const SPELLINGS = /-[LR][RSC]B-|``|''|[‘’‛ʼ“”„]/gu;

const plainOf = (word: string): string =>
  word.normalize('NFC').replace(SPELLINGS, (spelling) => PLAIN.get(spelling)!);

function titleOf(word: string): string {
  const [first = ''] = word;
  return first.toUpperCase() + word.slice(first.length).toLowerCase();
}

/** Digits as they are, as 0 (SENNA), and as # (word2vec's GoogleNews). */
const DIGITS = [undefined, '0', '#'];

/**
 * The forms under which the vector of a word may be found, best first and without duplicates: the word itself, in lower
 * case, capitalised, in upper case, and these with plain quotation marks and brackets (`’s` as `'s`, `-LRB-` as `(`, NFC).
 * Then the same with digits as 0, and as #.
 */
export function* wordForms(word: string): Generator<string> {
  yield word; // most words are found so
  const seen = new Set([word]);
  const plain = plainOf(word);
  const spellings = plain === word ? [word] : [word, plain];
  for (const digit of DIGITS) {
    if (digit !== undefined && !/\p{Nd}/u.test(word)) return;
    for (const spelling of spellings) {
      const base = digit === undefined ? spelling : spelling.replace(/\p{Nd}/gu, digit);
      for (const form of [base, base.toLowerCase(), titleOf(base), base.toUpperCase()]) {
        if (seen.has(form)) continue;
        seen.add(form);
        yield form;
      }
    }
  }
}
