import type { ParameterSpec } from './config.ts';
import type { Random } from './random.ts';

/**
 * Initial values: embeddings uniform in +-sqrt(3 / width) (Lample et al. 2016, after Glorot & Bengio 2010); matrices
 * Glorot-uniform, each LSTM gate for itself; recurrent matrices orthogonal, each gate for itself (Saxe et al. 2014);
 * biases 0 but the forget gate's, which is 1 (Gers et al. 2000; Jozefowicz et al. 2015).
 */
export function initialise({ name, shape, init }: ParameterSpec, random: Random): Float32Array {
  const rows = shape[0]!;
  const width = shape.length === 1 ? 1 : shape[shape.length - 1]!;
  const size = shape.reduce((product, n) => product * n, 1);
  const values = new Float32Array(size);
  const uniform = (limit: number): Float32Array => values.map(() => (2 * random() - 1) * limit);
  switch (init) {
    case 'zero':
      return values;
    case 'embedding':
      return uniform(Math.sqrt(3 / width));
    case 'glorot': {
      // A convolution's fan-in is all that a filter sees; an LSTM's fan-out is one gate.
      const fanIn = size / width;
      const fanOut = name.endsWith('.input') ? width / 4 : width;
      return uniform(Math.sqrt(6 / (fanIn + fanOut)));
    }
    case 'lstm-bias':
      return values.fill(1, rows / 4, rows / 2);
    case 'orthogonal':
      for (let gate = 0; gate < 4; gate++)
        orthogonal(rows, random).forEach((row, i) => {
          values.set(row, i * width + gate * rows);
        });
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
