import { lint as findings, type Part } from '../corpus/lint/lint.ts';
import {
  boolean,
  checkOptions,
  checkStrings,
  checkValue,
  isIterable,
  isPlainObject,
  oneOf,
  schemeKind,
  wrongType,
} from './arguments.ts';
import type { CorpusPart, Finding, LintOptions } from './evaluation-types.ts';

/**
 * Checks labelled corpora for what makes a model worthless or a score meaningless, as `seqtag inspect --lint` does.
 * @param parts the corpora for training, development and test, or some of them
 * @returns what was found, errors first; empty if all is well
 * @throws TypeError or RangeError for wrong arguments
 *
 * @example
 * const train = { role: 'train', name: 'train.conll', sentences: await readCorpus('train.conll') };
 * for (const { severity, message } of lint([train])) console.log(severity, message);
 */
export function lint(parts: readonly CorpusPart[], options: LintOptions = {}): Finding[] {
  checkOptions('lint', options, {
    kinds: { partial: boolean, lemmas: boolean, fromScheme: schemeKind },
  });
  if (!Array.isArray(parts)) throw wrongType('lint', 'an array of corpora', parts);
  const { partial = false, lemmas = false, fromScheme } = options;
  return findings(
    parts.map((part, p) => checkedPart(part, `lint: corpus ${p + 1}`)),
    { partial, lemmas, fromScheme },
  );
}

function checkedPart(part: unknown, where: string): Part {
  if (!isPlainObject(part)) throw wrongType(where, 'an object {role, name, sentences}', part);
  const { role, name, sentences } = part as unknown as CorpusPart;
  checkValue(`${where}: role`, role, oneOf('train', 'dev', 'test'));
  if (typeof name !== 'string') throw wrongType(`${where}: name`, 'a string', name);
  if (!isIterable(sentences)) throw wrongType(`${where}: sentences`, 'sentences', sentences);
  const list = [...sentences];
  for (const [s, { tokens, tags }] of list.entries()) {
    checkStrings(`${where}: sentence ${s + 1}: tokens`, tokens, { what: 'tokens' });
    checkStrings(`${where}: sentence ${s + 1}: tags`, tags, {
      what: 'tags',
      length: tokens.length,
    });
  }
  return { role, name, sentences: list };
}
