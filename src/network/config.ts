/** The shape of a network: everything that fixes its parameters. Sizes are counts of units or rows. */
export interface NetworkConfig {
  /** Rows of the word embedding, the unknown word's included. */
  readonly words: number;
  readonly wordDim: number;
  readonly charEncoder: 'cnn' | 'lstm' | 'none';
  /** Rows of the character embedding. */
  readonly chars: number;
  readonly charDim: number;
  /** Characters that a filter sees; odd. */
  readonly charWidth: number;
  readonly charFilters: number;
  /** Units of the character LSTM, a direction. */
  readonly charHidden: number;
  /** Stacked bidirectional layers. */
  readonly layers: number;
  /** Units a direction. */
  readonly hidden: number;
  readonly tags: number;
}

export const directions = ['forward', 'backward'] as const;
export type Direction = (typeof directions)[number];

/** Width of a word's character encoding. */
export function charSize(config: NetworkConfig): number {
  if (config.charEncoder === 'cnn') return config.charFilters;
  return config.charEncoder === 'lstm' ? 2 * config.charHidden : 0;
}

/** Width of what recurrent layer `layer` reads. */
export const inputSize = (config: NetworkConfig, layer: number): number =>
  layer === 0 ? config.wordDim + charSize(config) : 2 * config.hidden;

export type Initialiser = 'embedding' | 'glorot' | 'orthogonal' | 'lstm-bias' | 'zero';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initialiser;
  /** A matrix that enters a GEMM, as (K, N): it is kept packed as well. */
  readonly matrix?: readonly [K: number, N: number];
}

/** Every parameter, in the order of its place in memory; `word.embedding`, whose gradient is sparse, comes first. */
export function parameterSpecs(config: NetworkConfig): ParameterSpec[] {
  const { charDim, charWidth, charFilters, charHidden, hidden, layers, tags } = config;
  const specs: ParameterSpec[] = [
    { name: 'word.embedding', shape: [config.words, config.wordDim], init: 'embedding' },
  ];
  const lstm = (prefix: string, inputs: number, units: number): void => {
    for (const direction of directions) {
      const name = `${prefix}.${direction}`;
      specs.push(
        {
          name: `${name}.input`,
          shape: [inputs, 4 * units],
          init: 'glorot',
          matrix: [inputs, 4 * units],
        },
        {
          name: `${name}.recurrent`,
          shape: [units, 4 * units],
          init: 'orthogonal',
          matrix: [units, 4 * units],
        },
        { name: `${name}.bias`, shape: [4 * units], init: 'lstm-bias' },
      );
    }
  };
  if (config.charEncoder !== 'none')
    specs.push({ name: 'char.embedding', shape: [config.chars, charDim], init: 'embedding' });
  if (config.charEncoder === 'cnn')
    specs.push(
      {
        name: 'char.conv.kernel',
        shape: [charDim, charWidth, charFilters],
        init: 'glorot',
        matrix: [charDim, charWidth * charFilters],
      },
      { name: 'char.conv.bias', shape: [charFilters], init: 'zero' },
    );
  if (config.charEncoder === 'lstm') lstm('char.lstm', charDim, charHidden);
  for (let layer = 0; layer < layers; layer++)
    lstm(`lstm.${layer}`, inputSize(config, layer), hidden);
  specs.push(
    {
      name: 'output.weight',
      shape: [2 * hidden, tags],
      init: 'glorot',
      matrix: [2 * hidden, tags],
    },
    { name: 'output.bias', shape: [tags], init: 'zero' },
  );
  return specs;
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, n) => product * n, 1);
