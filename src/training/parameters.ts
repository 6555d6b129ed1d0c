import { floatToHalf, halfToFloat } from '../model/half.ts';
import type { Engine } from '../network/engine.ts';

export type Parameters = Map<string, Float32Array>;

/** @param into a copy made before, which is no longer needed: new memory costs more than the copying */
export function copyParameters(engine: Engine, into: Parameters = new Map()): Parameters {
  for (const { name } of engine.specs) {
    const values = engine.parameter(name);
    const copy = into.get(name);
    if (copy) copy.set(values);
    else into.set(name, values.slice());
  }
  return into;
}

export function restoreParameters(engine: Engine, parameters: Parameters): void {
  for (const [name, values] of parameters) engine.parameter(name).set(values);
  engine.weightsChanged();
}

/** Embeddings are kept in half precision: what is scored at last is what the file has. */
export function roundEmbeddings(specs: Engine['specs'], parameters: Parameters): void {
  for (const { name, init } of specs) {
    if (init !== 'embedding') continue;
    const values = parameters.get(name)!;
    halfToFloat(floatToHalf(values, new Uint16Array(values.length)), values);
  }
}

/** old + (current - old) * share, in place: a mean at first, then exponential (Polyak & Juditsky 1992). */
export function average(
  old: Parameters | undefined,
  current: Parameters,
  share: number,
): Parameters {
  if (!old) return new Map([...current].map(([name, values]) => [name, values.slice()]));
  for (const [name, values] of old) {
    const now = current.get(name)!;
    for (let i = 0; i < values.length; i++) values[i]! += (now[i]! - values[i]!) * share;
  }
  return old;
}
