import { clearUphill } from './cells/clockwork.ts';
import { type ParameterSpec, sizeOf } from './parameters.ts';
import type { Random } from './random.ts';

/**
 * Initial values of a parameter. Embeddings are uniform in +-sqrt(3 / width) (Lample et al. 2016, after Glorot & Bengio
 * 2010). Matrices are Glorot-uniform, recurrent matrices orthogonal (Saxe et al. 2014), each gate separately. Other
 * parameters are constant, usually 0; the bias of the gate that keeps the past is `forgetBias` (Gers et al. 2000;
 * Jozefowicz et al. 2015). Default: 1.
 */
export function initialise(
  spec: ParameterSpec,
  random: Random,
  { forgetBias = 1 }: { forgetBias?: number } = {},
): Float32Array {
  const { shape, init, value = 0, gates = 1, forget, modules } = spec;
  const rows = shape[0]!;
  const width = shape.length === 1 ? 1 : shape[shape.length - 1]!;
  const size = sizeOf(shape);
  const values = new Float32Array(size);
  const uniform = (limit: number): Float32Array => values.map(() => (2 * random() - 1) * limit);
  switch (init) {
    case 'constant':
      values.fill(value);
      if (forget) {
        const units = rows / gates;
        const begin = forget.gate * units;
        values.fill(forget.sign * forgetBias, begin, begin + units);
      }
      return values;
    case 'embedding':
      return uniform(Math.sqrt(3 / width));
    case 'glorot':
      // The fan-in of a convolution is the size of a filter's window; the fan-out of a recurrent layer is one gate.
      return uniform(Math.sqrt(6 / (size / width + width / gates)));
    case 'orthogonal':
      for (let gate = 0; gate < gates; gate++)
        orthogonal(rows, random).forEach((row, i) => {
          values.set(row, i * width + gate * rows);
        });
      if (modules) clearUphill(values, { H: rows, modules });
      return values;
  }
}

/** Rows of a random orthogonal matrix: Gram-Schmidt on normal vectors, twice for precision. */
function orthogonal(n: number, random: Random): Float64Array[] {
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const rows: Float64Array[] = [];
  while (rows.length < n) {
    const row = Float64Array.from({ length: n }, normal);
    for (let pass = 0; pass < 2; pass++)
      for (const other of rows) {
        let dot = 0;
        for (let j = 0; j < n; j++) dot += row[j]! * other[j]!;
        for (let j = 0; j < n; j++) row[j]! -= dot * other[j]!;
      }
    const length = Math.hypot(...row);
    if (length > 1e-6) rows.push(row.map((x) => x / length));
  }
  return rows;
}
