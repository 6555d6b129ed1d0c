import { Layout } from '../../backend/arena.ts';
import { type Backend, openBackend } from '../../backend/backend.ts';
import { headName, type NetworkConfig } from '../config.ts';
import {
  type Crf,
  crfDecode,
  crfScratchSize,
  crfTablesSize,
  packCrf,
} from '../layers/decoders/crf.ts';

/** Finds best paths. */
export interface PathFinder {
  /** Reads the parameters of the CRF. */
  update(): void;
  /** The best paths (N) for scores (N, K). `rows` (T) as in `Packing`. */
  find(scores: Float32Array, rows: Int32Array): Int32Array;
}

/**
 * Best paths by the built-in kernels, on the processor. Of equal paths the same one is chosen as in the built-in engine.
 * Undefined for a head whose decoder takes the best tag of each token.
 */
export function createPathFinders(
  config: NetworkConfig,
  options: {
    transitions: readonly (Int32Array | undefined)[];
    parameter: (name: string) => Float32Array;
  },
): { heads: readonly (PathFinder | undefined)[]; close(): Promise<void> } {
  const { transitions, parameter } = options;
  let backend: Backend | undefined;
  const heads = config.tags.map((K, head): PathFinder | undefined => {
    const allowed = transitions[head];
    const isCrf = config.decoder === 'crf';
    if (!isCrf && !(config.decoder === 'constrained' && allowed)) return undefined;
    backend ??= openBackend({ threads: 1 });
    const name = headName(head);
    const scores = (): Float32Array[] =>
      ['transitions', 'start', 'end'].map((part) => parameter(`${name}.${part}`));
    return createPathFinder(backend, { K, allowed, scores: isCrf ? scores : undefined });
  });
  return { heads, close: async () => backend?.pool.close() };
}

function createPathFinder(
  { arena, kernels, panelWidth }: Backend,
  options: {
    K: number;
    allowed: Int32Array | undefined;
    /** Transitions, starts and ends; undefined: all are 0. */
    scores: (() => Float32Array[]) | undefined;
  },
): PathFinder {
  const { K, allowed, scores } = options;
  const place = (size: number): number => (scores ? arena.take(size) : 0);
  const crf: Crf = {
    ...{ K, transitions: place(K * K), start: place(K), end: place(K) },
    allowed: allowed ? arena.take(allowed.length) : 0,
    tables: arena.take(crfTablesSize(panelWidth, K)),
  };
  if (allowed) arena.i32(crf.allowed, allowed.length).set(allowed);
  function update(): void {
    const places = [crf.transitions, crf.start, crf.end];
    scores?.().forEach((values, i) => {
      arena.f32(places[i]!, values.length).set(values);
    });
    packCrf(kernels, crf);
  }
  function find(emissions: Float32Array, rows: Int32Array): Int32Array {
    const layout = new Layout(arena.layout.end);
    const [N, B, T] = [emissions.length / K, rows[0] ?? 0, rows.length];
    const at = {
      emissions: layout.take(N * K),
      rows: layout.take(T),
      best: layout.take(N),
      score: layout.take(B),
      scratch: layout.take(crfScratchSize(panelWidth, { N, B, K })),
    };
    arena.reserve(layout.end);
    arena.f32(at.emissions, N * K).set(emissions);
    arena.i32(at.rows, T).set(rows);
    crfDecode(kernels, at.best, at.score, crf, { ...at, gold: 0, T });
    return arena.i32(at.best, N).slice();
  }
  return { update, find };
}
