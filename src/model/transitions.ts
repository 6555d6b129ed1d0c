import { transitions } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import type { NetworkConfig } from '../network/config.ts';
import { allowedTransitions } from '../network/crf/transitions.ts';
import type { TagColumn } from './model.ts';

/**
 * The allowed transitions of each tag column, as `allowedTransitions` returns them: those that the
 * scheme allows, and those that occur in the training data although the scheme forbids them.
 * Undefined if all are allowed, or if the decoder has no transitions.
 */
export const allowedTransitionsOf = (
  { decoder }: NetworkConfig,
  { tags }: Vocabulary,
  tagColumns: readonly TagColumn[],
): (Int32Array | undefined)[] =>
  tagColumns.map(({ trainedScheme, extraTransitions = [] }, column) => {
    if (decoder === 'softmax' || trainedScheme === 'none') return undefined;
    const allowed = allowedTransitions(transitions(tags[column]!, trainedScheme));
    for (const index of extraTransitions) allowed[index] = 1;
    return allowed;
  });

/**
 * Transitions that occur in `observed`, lists of tag ids, although the scheme forbids them: indices
 * into what `allowedTransitions` returns.
 */
export function extraTransitions(
  tags: readonly string[],
  { trainedScheme }: Pick<TagColumn, 'trainedScheme'>,
  observed: Iterable<ArrayLike<number>>,
): number[] {
  if (trainedScheme === 'none') return [];
  const rules = transitions(tags, trainedScheme);
  const allowed = allowedTransitions(rules);
  const found: number[] = [];
  allowedTransitions(rules, observed).forEach((isSeen, index) => {
    if (isSeen && !allowed[index]) found.push(index);
  });
  return found;
}
