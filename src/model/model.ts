import type { GazetteerFile } from '../corpus/features/gazetteer.ts';
import type { LemmaLexicon } from '../corpus/lemmas/lexicon.ts';
import type { Column, Format } from '../corpus/sentence.ts';
import type { Notation, Scheme } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import { clearUphill } from '../network/cells/clockwork.ts';
import type { Direction, NetworkConfig } from '../network/config.ts';
import { parameterSpecs } from '../network/network.ts';
import { sizeOf } from '../network/parameters.ts';

/** A tag column of a model. */
export interface TagColumn {
  /** Scheme of the corpus and of the predicted tags. */
  readonly scheme: Scheme;
  /** Scheme of the tags that the network learned, and of the tags in the vocabulary. */
  readonly trainedScheme: Scheme;
  /** Whether the values of the column are lemmas. The tags are then edit scripts. */
  readonly lemmas?: boolean | undefined;
  /** Words of the training corpus with their edit scripts; undefined if it did not raise the dev score. */
  readonly lexicon?: LemmaLexicon | undefined;
  /** Words of the training corpus, one for each of the most frequent edit scripts. */
  readonly examples?: readonly string[] | undefined;
  /** How the corpus writes the tags; undefined for the usual `B-PER` and `O`. */
  readonly notation?: Notation | undefined;
  /** Transitions that occur in the training data although the scheme forbids them: indices into `allowedTransitions`. */
  readonly extraTransitions?: readonly number[] | undefined;
  /** Format of the training corpus. */
  readonly format: Format;
  /** Columns that were read, as in `ReadOptions`. Default: depends on the format. */
  readonly tokenColumn?: Column | undefined;
  readonly tagColumn?: Column | undefined;
}

/** What whoever uses or shares a model must know. */
export interface About {
  readonly description?: string | undefined;
  /** An SPDX identifier, such as `CC-BY-SA-4.0`. */
  readonly licence?: string | undefined;
  /** The authors of the corpora and word vectors, as their licences ask. */
  readonly attribution?: readonly string[] | undefined;
}

/**
 * How a model was trained. It does not depend on the time or the number of threads, so that the same training gives the
 * same bytes.
 */
export interface TrainingRecord {
  /** Version of seqtag. */
  readonly seqtag: string;
  readonly command: string;
  readonly about?: About | undefined;
  readonly seed: number;
  readonly kernels: string;
  readonly corpora: readonly {
    role: 'train' | 'dev' | 'test' | 'raw';
    file: string;
    sha256: string;
    sentences: number;
    tokens: number;
  }[];
  readonly gazetteers?: readonly GazetteerFile[] | undefined;
  readonly hyperparameters: Readonly<Record<string, string | number | boolean>>;
  /** The defaults of training. Undefined for a student, and in models of older versions. */
  readonly recipe?: RecipeRecord | undefined;
  /** Counted from 1. */
  readonly bestEpoch: number;
  readonly epochs: readonly EpochRecord[];
  /** Scores of each tag column on the development sentences. */
  readonly dev: readonly Scores[];
  readonly test?: readonly Scores[] | undefined;
  /** The data of the refit, which includes the development sentences. `dev` and `epochs` are from before it. */
  readonly refit?: { readonly sentences: number; readonly tokens: number } | undefined;
  /** Penalty in nats on `recallTag`, for each tag column. Undefined if there is none. */
  readonly recallBias?: readonly number[] | undefined;
  /** Default: `O`. */
  readonly recallTag?: string | undefined;
  /** The model from which this one was distilled, and the probability with which its tags replaced the gold tags. */
  readonly teacher?: { readonly file: string; readonly sha256: string; readonly weight: number };
  /** The model from whose weights training began. */
  readonly init?: { readonly file: string; readonly sha256: string } | undefined;
  /** The members of an ensemble. `bestEpoch`, `epochs` and `gradients` are then those of the first member. */
  readonly members?: readonly MemberRecord[] | undefined;
  /** Gradients by distance from the loss, before and after training. */
  readonly gradients?:
    | { readonly initial: GradientProfile; readonly trained: GradientProfile }
    | undefined;
}

/** Defaults that were chosen for the corpus. */
export interface RecipeRecord {
  readonly name: string;
  /** Those that differ from the defaults of every corpus. */
  readonly settings: Readonly<Partial<Record<string, string | number | boolean>>>;
  /** Why, as a phrase. */
  readonly reason: string;
}

/** Training and scores of a single member of an ensemble. */
export interface MemberRecord
  extends Pick<TrainingRecord, 'seed' | 'bestEpoch' | 'epochs' | 'dev' | 'test' | 'recallBias'> {}

/**
 * For each direction of the top layer: the mean norm of dL/dh at 0, 1, 2, ... tokens from the token of
 * the loss; null for a norm that was infinite.
 */
export type GradientProfile = Partial<Record<Direction, readonly (number | null)[]>>;

export interface EpochRecord {
  readonly loss: number;
  /** F1 for span tags, else accuracy. */
  readonly score: number;
  /** Mean global norm of the gradient. */
  readonly norm: number;
  /** Fraction of the steps in which the gradient was clipped. */
  readonly clipped: number;
}

/** Fractions from 0 to 1; null where nothing was counted. */
export interface Scores {
  readonly accuracy: number | null;
  /** Undefined for plain tags. */
  readonly f1?: number | null | undefined;
}

export interface Model {
  readonly config: NetworkConfig;
  readonly vocabulary: Vocabulary;
  readonly tagColumns: readonly TagColumn[];
  readonly record: TrainingRecord;
  /** By name, row-major: see `parameterSpecs`. */
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

/** Number of parameters that a network of this shape learns. */
export const countParameters = (config: NetworkConfig): number =>
  parameterSpecs(config).reduce((sum, { shape, modules }) => {
    if (!modules) return sum + sizeOf(shape);
    const ones = new Float32Array(sizeOf(shape)).fill(1);
    clearUphill(ones, { H: shape[0]!, modules });
    return sum + ones.reduce((n, x) => n + x, 0);
  }, 0);
