import { characterCnn, characterLstm } from './characters.ts';
import type { Pass } from './pass.ts';
import type { Tensor } from './tfjs.ts';

/** The input of the first recurrent layer (N, D): the concatenated columns of all input layers, as in layers/index.ts. */
export function inputLayer(pass: Pass): Tensor {
  const { ops, config, input, words, sizes } = pass;
  const { vectorDim, charEncoder, featureGroups, featureDim, tokenFeatures } = config;
  const { N, Y } = sizes;
  const ofTokens = (ofTypes: Tensor): Tensor => ops.rows(ofTypes, input('types'));
  const columns = [words];
  if (vectorDim) columns.push(ofTokens(ops.tf.reshape(input('vectors'), [Y, vectorDim])));
  if (charEncoder === 'cnn') columns.push(ofTokens(characterCnn(pass)));
  if (charEncoder === 'lstm') columns.push(ofTokens(characterLstm(pass)));
  if (featureGroups > 0)
    columns.push(
      ofTokens(bags(pass, 'feature', { items: Y, groups: featureGroups, dim: featureDim })),
    );
  if (tokenFeatures) columns.push(bags(pass, 'token', { items: N, ...tokenFeatures }));
  return columns.length > 1 ? ops.tf.concat(columns, 1) : words;
}

/** The concatenated sums of each item's bags of rows of an embedding: (items, groups dim). */
function bags(
  { ops, input, parameter }: Pass,
  name: 'feature' | 'token',
  { items, groups, dim }: Record<'items' | 'groups' | 'dim', number>,
): Tensor {
  const members = ops.rows(parameter(`${name}.embedding`), input(`${name}.members`));
  const sums = ops.segmentSums(members, input(`${name}.segments`), items * groups);
  return ops.tf.reshape(sums, [items, groups * dim]);
}
