import { basename } from 'node:path';
import { unpackGazetteer } from '../corpus/features/gazetteer.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import { packagePath } from '../files/package.ts';
import { describeFile } from '../files/read.ts';
import { parameterSpecs } from '../network/network.ts';
import { sizeOf } from '../network/parameters.ts';
import { bundledText } from './bundled.ts';
import { widenHalves } from './half.ts';
import { largest, magnitudeProblem } from './magnitude.ts';
import { type Description, decodeMetadata, VERSION } from './metadata.ts';
import type { Model } from './model.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors/read.ts';
import { readVectorTensors, vectorTensorNames } from './vector-tensors.ts';

/** An open model file with a checked header. `readParameters` reads the parameters. `close` it afterwards. */
export interface ModelFile extends Omit<Model, 'parameters'>, Disposable {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  /**
   * Copies each parameter into the array that `target` returns for its name.
   * @throws UserError if a number is not finite or larger than `MOST_MAGNITUDE`, or the file fails
   */
  readParameters(target: (name: string) => Float32Array, numbers?: Numbers): void;
  /**
   * Reads all parameters, only to check them.
   * @throws UserError as `readParameters` does
   */
  verify(): void;
  close(): void;
}

/** Operations on many numbers, which kernels may run faster. */
export interface Numbers {
  /** Widens the F16 numbers in the last half of `values` to F32, in place. */
  widen(values: Float32Array): void;
  /** The largest magnitude of the values; NaN if one is NaN. */
  largest(values: Float32Array): number;
}

/** The tensor with the phrases of gazetteers, as `packGazetteer` encodes them. */
export const PHRASES = 'gazetteer.phrases';

const bundledPath = (name: string): string => packagePath(`models/${name}.safetensors`);

/**
 * The path of a model: a file of this name, else the bundled model of this name, from any working directory.
 * @throws UserError if there is neither
 */
export function findModel(nameOrPath: string): string {
  const present = describeFile(nameOrPath);
  const isName = /^[\w-]+$/.test(nameOrPath);
  // a directory of this name does not hide the bundled model
  if (present && !(isName && present.kind === 'directory')) return nameOrPath;
  if (isName && describeFile(bundledPath(nameOrPath))) return bundledPath(nameOrPath);
  if (present) return nameOrPath;
  throw new UserError(
    `${nameOrPath}: no such model file${isName ? ' or bundled model' : ''}. Give the path of a .safetensors file that \`seqtag train\` wrote, or a bundled name (${bundledText}).`,
    { code: 'SEQTAG_MODEL_NOT_FOUND' },
  );
}

/** The display name of a model: its file name without the extension. */
export const modelName = ({ path }: { path: string }): string =>
  basename(path).replace(/\.safetensors$/, '');

/**
 * Opens a model and checks its header: names, shapes, sizes, ranges, and every field of the JSON.
 * @throws UserError that says what is wrong
 */
export function openModel(nameOrPath: string): ModelFile {
  const path = findModel(nameOrPath);
  const file = openSafetensors(path);
  const fail = (what: string): never => {
    throw new UserError(
      `${path}: ${what}. Is it a model that \`seqtag train\` wrote? Train or copy it again.`,
      { code: 'SEQTAG_MODEL_DAMAGED' },
    );
  };
  try {
    checkVersion(file.metadata, path);
    const description = decodeMetadata(file.metadata, fail, file.bytes);
    checkTensors(file, description, fail);
    const { config, vocabulary } = description;
    const readParameters: ModelFile['readParameters'] = (
      target,
      numbers = { widen: widenHalves, largest },
    ) => {
      for (const { name } of parameterSpecs(config)) {
        const values = target(name);
        file.readFloats(name, values, numbers.widen);
        const problem = magnitudeProblem(numbers.largest(values));
        if (problem !== undefined) fail(`tensor "${name}" ${problem}`);
      }
    };
    return {
      path,
      bytes: file.bytes,
      ...description,
      vocabulary: withVectors(withPhrases(vocabulary, file, fail), file, fail),
      readParameters,
      verify() {
        const sizes = new Map(
          parameterSpecs(config).map(({ name, shape }) => [name, sizeOf(shape)]),
        );
        const buffer = new Float32Array(Math.max(...sizes.values()));
        readParameters((name) => buffer.subarray(0, sizes.get(name)!));
      },
      close: file.close,
      [Symbol.dispose]: file.close,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

type Fail = (what: string) => never;

function checkVersion(metadata: ReadonlyMap<string, string>, path: string): void {
  if (metadata.get('format') !== 'seqtag')
    throw new UserError(
      `${path}: a safetensors file, but not a seqtag model (no \`format: seqtag\` in its metadata). Give a model that \`seqtag train\` wrote.`,
      { code: 'SEQTAG_MODEL_FORMAT' },
    );
  const text = metadata.get('version') ?? '';
  const version = Number(text);
  if (!/^[1-9]\d*$/.test(text))
    throw new UserError(
      `${path}: \`version\` in its metadata is ${JSON.stringify(text)}, expected a number. Train or copy it again.`,
      { code: 'SEQTAG_MODEL_DAMAGED' },
    );
  if (version > VERSION)
    throw new UserError(
      `${path}: format version ${text}, but this seqtag reads up to ${VERSION}. Install a newer seqtag.`,
      { code: 'SEQTAG_MODEL_VERSION' },
    );
}

/** Checks that there is one tensor of the right shape for each parameter, and no other tensor. */
function checkTensors(
  file: SafetensorsFile,
  { config, vocabulary }: Pick<Description, 'config' | 'vocabulary'>,
  fail: Fail,
): void {
  const unknown = new Set(file.tensors.keys());
  if (vocabulary.tokenFeatures?.gazetteer) {
    if (file.tensors.get(PHRASES)?.dtype !== 'U8')
      fail(`tensor "${PHRASES}" is missing, or not of U8`);
    unknown.delete(PHRASES);
  }
  if (vocabulary.vectors) for (const name of vectorTensorNames) unknown.delete(name);
  for (const { name, shape } of parameterSpecs(config)) {
    const tensor = file.tensors.get(name) ?? fail(`tensor "${name}" is missing`);
    if (tensor.shape.join() !== shape.join())
      fail(
        `tensor "${name}" has shape (${tensor.shape.join(', ')}), expected (${shape.join(', ')})`,
      );
    if (!['F32', 'F16', 'BF16'].includes(tensor.dtype))
      fail(`tensor "${name}" is of ${tensor.dtype}, expected F32, F16 or BF16`);
    unknown.delete(name);
  }
  for (const name of unknown) fail(`tensor "${name}" is unknown`);
}

/** The vocabulary with the phrases of its gazetteers, which are in a tensor. */
function withPhrases(vocabulary: Vocabulary, file: SafetensorsFile, fail: Fail): Vocabulary {
  const { tokenFeatures } = vocabulary;
  if (!tokenFeatures?.gazetteer) return vocabulary;
  const { begin, end } = file.tensors.get(PHRASES)!;
  const bytes = new Uint8Array(end - begin);
  file.readInto(PHRASES, bytes);
  const gazetteer =
    unpackGazetteer(bytes, tokenFeatures.gazetteer.types) ?? fail('its gazetteer is damaged');
  return { ...vocabulary, tokenFeatures: { ...tokenFeatures, gazetteer } };
}

/** The vocabulary with its word vectors, which are in tensors. */
function withVectors(vocabulary: Vocabulary, file: SafetensorsFile, fail: Fail): Vocabulary {
  if (!vocabulary.vectors) return vocabulary;
  const vectors = readVectorTensors(file, vocabulary.vectors.dim);
  return typeof vectors === 'string' ? fail(vectors) : { ...vocabulary, vectors };
}
