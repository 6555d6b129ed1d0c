import { fitsHalf, floatToHalf, halfToFloat } from '../model/half.ts';
import type { Engine } from '../network/engine.ts';

/** Values by the name of the parameter. */
export type Parameters = Map<string, Float32Array>;

/** @param into an earlier copy to overwrite: allocating memory is slower than copying */
export function getParameters(
  engine: Engine,
  names: readonly string[],
  into: Parameters = new Map(),
): Parameters {
  for (const name of names) into.set(name, engine.getParameter(name, into.get(name)));
  return into;
}

export function setParameters(engine: Engine, parameters: Parameters): void {
  for (const [name, values] of parameters) engine.setParameter(name, values);
}

/** @param into an earlier copy to overwrite */
export function copyParameters(from: Parameters, into: Parameters = new Map()): Parameters {
  for (const [name, values] of from) {
    const copy = into.get(name);
    if (copy) copy.set(values);
    else into.set(name, values.slice());
  }
  return into;
}

/**
 * Rounds embeddings to half precision if they fit it, as the model file does, so that the scored parameters are the
 * saved ones.
 */
export function roundEmbeddings(specs: Engine['parameters'], parameters: Parameters): void {
  for (const { name, init } of specs) {
    if (init !== 'embedding') continue;
    const values = parameters.get(name)!;
    if (fitsHalf(values)) halfToFloat(floatToHalf(values, new Uint16Array(values.length)), values);
  }
}

/**
 * old + (current - old) * fraction, in place: a mean if the fraction is 1 / n, else an exponential average (Polyak &
 * Juditsky 1992).
 */
export function average(
  old: Parameters | undefined,
  current: Parameters,
  fraction: number,
): Parameters {
  if (!old) return copyParameters(current);
  for (const [name, values] of old) {
    const now = current.get(name)!;
    for (let i = 0; i < values.length; i++) values[i]! += (now[i]! - values[i]!) * fraction;
  }
  return old;
}
