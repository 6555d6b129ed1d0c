import type { NetworkConfig } from '../network/config.ts';
import { parameterSpecs } from '../network/network.ts';
import { memberPrefix } from '../network/parameters.ts';

type Parameters = ReadonlyMap<string, Float32Array>;

/**
 * Joins networks of one shape to an ensemble. Its scores before the decoder are the means of theirs, and so are the
 * parameters of its CRF. The probability of tags is then the geometric mean of theirs, normalised: the logarithmic opinion
 * pool (Smith, Cohn & Osborne 2005, "Logarithmic opinion pools for conditional random fields"). The mean of
 * log-probabilities would give the same tags, because it differs by a constant for each token.
 */
export function joinNetworks(
  config: NetworkConfig,
  members: readonly Parameters[],
): { config: NetworkConfig; parameters: Map<string, Float32Array> } {
  const M = members.length;
  const parameters = new Map<string, Float32Array>();
  for (const { name, inEnsemble } of parameterSpecs(config)) {
    const all = members.map((member) => member.get(name)!);
    if (inEnsemble === 'shared') {
      const mean = (i: number): number => all.reduce((sum, values) => sum + values[i]!, 0) / M;
      parameters.set(
        name,
        all[0]!.map((_, i) => mean(i)),
      );
    } else
      all.forEach((values, member) => {
        const part = inEnsemble === 'summed' ? values.map((x) => x / M) : values;
        parameters.set(M === 1 ? name : memberPrefix(member) + name, part);
      });
  }
  return { config: { ...config, members: M }, parameters };
}
