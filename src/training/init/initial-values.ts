import type { TokenFeatures } from '../../corpus/features/token-features.ts';
import type { Vocabulary } from '../../corpus/vocabulary.ts';
import type { Model } from '../../model/model.ts';
import { headName } from '../../network/config.ts';
import { createNetwork } from '../../network/network.ts';
import { listParameters, type ParameterSpec } from '../../network/parameters.ts';
import type { Parameters } from '../parameters.ts';

// The weights with which a network begins that continues a model. Rows and columns of a parameter that stand for a word, a
// character, a value or a tag are found again by its name. Everything else is at the same place.

/** Where the rows, or the columns, of a parameter begin. */
interface Origins {
  /** For each of them that of the model's parameter; otherwise FRESH or ZERO. */
  readonly from: Int32Array;
  /** How many the model's parameter has. */
  readonly before: number;
}

/** It keeps the initial value that it has without a model. */
const FRESH = -1;
const ZERO = -2;

type Shaped = Pick<Model, 'config' | 'vocabulary'>;

export interface Origin {
  /** The origins of the rows, and of the columns, of a parameter; undefined if they are the same ones. */
  axes(name: string): readonly (Origins | undefined)[];
  /** The name that the parameter has in the model. */
  nameIn(name: string): string;
}

/**
 * Where the weights of a network begin. A new word, character or value begins with the weights of the unknown one, and the
 * weights of new inputs begin at 0, so that the network tags as the model does until it has learned.
 * @param heads for each head the head of the model; -1 if there is none
 */
export function originOf(before: Shaped, now: Shaped, heads: readonly number[]): Origin {
  const words = originsOf(before.vocabulary.words, now.vocabulary.words, () => 0);
  const chars = originsOf(charKeys(before.vocabulary), charKeys(now.vocabulary), () => 0);
  const values = valueOrigins(before.vocabulary.tokenFeatures, now.vocabulary.tokenFeatures);
  const inputs = originsOf(inputKeys(before), inputKeys(now), () => ZERO);
  const tags = now.vocabulary.tags.map((ofHead, head) =>
    originsOf(before.vocabulary.tags[heads[head]!] ?? [], ofHead, () => FRESH),
  );
  const byName = new Map<string, readonly (Origins | undefined)[]>([
    ['word.embedding', [words]],
    ['char.embedding', [chars]],
    ['token.embedding', [values]],
    ...['forward', 'backward'].map(
      (direction) => [`${now.config.cell}.0.${direction}.input`, [inputs]] as const,
    ),
    ...tags.flatMap((ofHead, head) => {
      const name = headName(head);
      return [
        [`${name}.weight`, [undefined, ofHead]],
        [`${name}.transitions`, [ofHead, ofHead]],
        ...['bias', 'start', 'end'].map((part) => [`${name}.${part}`, [ofHead]] as const),
      ] as const;
    }),
  ]);
  const names = new Map(
    heads.map((from, head) => [headName(head), from < 0 ? 'none' : headName(from)]),
  );
  return {
    axes: (name) => byName.get(name) ?? [],
    nameIn: (name) => {
      const [, head = '', part] = /^(output(?:\.\d+)?)\.([a-z]+)$/.exec(name) ?? [];
      return names.has(head) ? `${names.get(head)}.${part}` : name;
    },
  };
}

/**
 * Gives a parameter the weights of the model.
 * @param values its initial values without a model, which are overwritten where the model has weights
 * @param weights the parameters of the model
 */
export function continueFrom(
  weights: Parameters,
  origin: Origin,
  { spec, values }: { spec: ParameterSpec; values: Float32Array },
): void {
  const before = weights.get(origin.nameIn(spec.name));
  if (!before) return; // such as the transitions of a CRF that the model does not have
  const [rows, columns] = origin.axes(spec.name);
  const height = spec.shape[0]!;
  const width = values.length / height;
  const widthBefore = columns?.before ?? width;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [r, c] = [rows ? rows.from[row]! : row, columns ? columns.from[column]! : column];
      if (r === FRESH || c === FRESH) continue;
      values[row * width + column] = r === ZERO ? 0 : before[r * widthBefore + c]!;
    }
}

/** @param otherwise the origin of a key that the model does not have */
function originsOf(
  before: readonly string[],
  now: readonly string[],
  otherwise: (key: string) => number,
): Origins {
  const places = new Map(before.map((key, i) => [key, i]));
  return {
    from: Int32Array.from(now, (key) => places.get(key) ?? otherwise(key)),
    before: before.length,
  };
}

/** The characters, and names for the rows before them, which stand for no character. */
const charKeys = ({ chars }: Vocabulary): string[] => chars.map((char, i) => char || `row ${i}`);

/** A key for each row of the token embedding. */
const valueKeys = (features: TokenFeatures | undefined): string[] => [
  ...(features?.columns ?? []).flatMap(({ values }, c) => values.map((value) => `${c} ${value}`)),
  ...(features?.gazetteer?.types ?? []).flatMap((type) =>
    ['first', 'inner', 'last', 'only'].map((position) => `${position} ${type}`),
  ),
];

function valueOrigins(before: TokenFeatures | undefined, now: TokenFeatures | undefined): Origins {
  const known = new Map(valueKeys(before).map((key, i) => [key, i]));
  return originsOf(valueKeys(before), valueKeys(now), (key) => {
    const [, column] = /^(\d+) /.exec(key) ?? [];
    return column === undefined ? FRESH : (known.get(`${column} `) ?? FRESH);
  });
}

/** A key for each column of the network's input. */
function inputKeys({ config, vocabulary: { tokenFeatures } }: Shaped): string[] {
  const { input } = createNetwork({
    config,
    parameters: listParameters().parameters,
    panelWidth: 0,
  });
  const groups = tokenFeatures && [...tokenFeatures.columns.keys(), 'gazetteer'];
  return input.columns.flatMap(({ name, width }) =>
    Array.from({ length: width }, (_, i) => {
      if (name !== 'token.embedding') return `${name} ${i}`;
      const { dim } = config.tokenFeatures!;
      return `${name} ${groups![Math.floor(i / dim)]} ${i % dim}`;
    }),
  );
}
