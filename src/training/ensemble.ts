import type { NetworkConfig } from '../network/config.ts';
import { parameterSpecs } from '../network/network.ts';
import { memberPrefix } from '../network/parameters.ts';

type Parameters = ReadonlyMap<string, Float32Array>;

/**
 * Networks of one shape as one that tags with all of them: its scores before the decoder, and the parameters of a CRF,
 * are the means of theirs, so that the probability of tags is the geometric mean of theirs, made to sum to 1: the
 * logarithmic opinion pool (Smith, Cohn & Osborne 2005, "Logarithmic opinion pools for conditional random fields"). To
 * average after a log-softmax would be the same: it differs by what is the same for all tags of a token.
 */
export function pool(
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
        const own = inEnsemble === 'summed' ? values.map((x) => x / M) : values;
        parameters.set(M === 1 ? name : memberPrefix(member) + name, own);
      });
  }
  return { config: { ...config, members: M }, parameters };
}
