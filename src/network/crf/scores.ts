import { headName, type NetworkConfig } from '../config.ts';

/** Transition scores of a CRF; -Infinity for forbidden transitions. */
export interface CrfScores {
  readonly K: number;
  readonly transitions: Float64Array; // (K, K)
  readonly start: Float64Array; // (K)
  readonly end: Float64Array; // (K)
}

/**
 * Scores from the parameters of a CRF.
 * @param allowed as `allowedTransitions` returns it. Default: all.
 */
export function crfScores(
  parameters: Readonly<Record<'transitions' | 'start' | 'end', ArrayLike<number>>>,
  allowed?: ArrayLike<number>,
): CrfScores {
  const K = parameters.start.length;
  const masked = (scores: ArrayLike<number>, at: number): Float64Array =>
    Float64Array.from(scores, (score, i) =>
      allowed && !allowed[at + i] ? Number.NEGATIVE_INFINITY : score,
    );
  return {
    K,
    transitions: masked(parameters.transitions, 0),
    start: masked(parameters.start, K * K),
    end: masked(parameters.end, K * K + K),
  };
}

/** The transition scores of a network's head; 0 if its decoder has no parameters. `allowed` as in `crfScores`. */
export function headScores(
  {
    config: { decoder, tags },
    getParameter,
  }: { config: NetworkConfig; getParameter(name: string): ArrayLike<number> },
  head: number,
  allowed?: ArrayLike<number>,
): CrfScores {
  const K = tags[head]!;
  const part = (name: string, size: number): ArrayLike<number> =>
    decoder === 'crf' ? getParameter(`${headName(head)}.${name}`) : new Float32Array(size);
  const parameters = {
    transitions: part('transitions', K * K),
    start: part('start', K),
    end: part('end', K),
  };
  return crfScores(parameters, allowed);
}
