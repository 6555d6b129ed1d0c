import { transitions } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import type { NetworkConfig } from '../network/config.ts';
import { allowedTransitions } from '../network/crf/transitions.ts';
import type { TagColumn } from './model.ts';

/**
 * The links that a decoder's paths may take, for each column: those of its scheme, and those that the training data have
 * against it. Undefined where every link may be taken, or none is looked at.
 */
export const allowedTransitionsOf = (
  { decoder }: NetworkConfig,
  { tags }: Vocabulary,
  tagColumns: readonly TagColumn[],
): (Int32Array | undefined)[] =>
  tagColumns.map(({ trainedScheme, extraTransitions = [] }, column) => {
    if (decoder === 'softmax' || trainedScheme === 'none') return undefined;
    const allowed = allowedTransitions(transitions(tags[column]!, trainedScheme));
    for (const link of extraTransitions) allowed[link] = 1;
    return allowed;
  });

/** Places in what `allowedTransitions` returns of links that occur in `observed` although the scheme forbids them. */
export function extraTransitions(
  tags: readonly string[],
  { trainedScheme }: Pick<TagColumn, 'trainedScheme'>,
  observed: Iterable<ArrayLike<number>>,
): number[] {
  if (trainedScheme === 'none') return [];
  const rules = transitions(tags, trainedScheme);
  const allowed = allowedTransitions(rules);
  const found: number[] = [];
  allowedTransitions(rules, observed).forEach((isSeen, link) => {
    if (isSeen && !allowed[link]) found.push(link);
  });
  return found;
}
