import { transitions } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import type { NetworkConfig } from '../network/config.ts';
import { allowedLinks } from '../network/crf.ts';
import type { Task } from './model.ts';

/**
 * The links that a decoder's paths may take, for each column: those of its scheme, and those that the training data have
 * against it. Undefined where every link may be taken, or none is looked at.
 */
export const linksOf = (
  { decoder }: NetworkConfig,
  { tags }: Vocabulary,
  tasks: readonly Task[],
): (Int32Array | undefined)[] =>
  tasks.map(({ trainedScheme, extraLinks = [] }, column) => {
    if (decoder === 'softmax' || trainedScheme === 'none') return undefined;
    const allowed = allowedLinks(transitions(tags[column]!, trainedScheme));
    for (const link of extraLinks) allowed[link] = 1;
    return allowed;
  });

/** Places in what `allowedLinks` returns of links that occur in `observed` although the scheme forbids them. */
export function extraLinks(
  tags: readonly string[],
  { trainedScheme }: Pick<Task, 'trainedScheme'>,
  observed: Iterable<ArrayLike<number>>,
): number[] {
  if (trainedScheme === 'none') return [];
  const rules = transitions(tags, trainedScheme);
  const allowed = allowedLinks(rules);
  const found: number[] = [];
  allowedLinks(rules, observed).forEach((isSeen, link) => {
    if (isSeen && !allowed[link]) found.push(link);
  });
  return found;
}
