import type {
  BiasOptions,
  ColumnOptions,
  ComputeOptions,
  inputFormats,
  OffsetOptions,
  outputFormats,
} from './options.ts';

/** The options of `seqtag tag`, as commander gives them. */
export interface TagFlags extends ColumnOptions, ComputeOptions, BiasOptions, OffsetOptions {
  model?: string[];
  input?: (typeof inputFormats)[number];
  lines?: boolean;
  textColumn?: string;
  tokenRows?: string;
  output?: (typeof outputFormats)[number];
  outFile?: string;
  maxLatency: number;
  stats?: boolean;
  json?: boolean;
  confidence?: boolean;
  minConfidence?: number;
  nBest?: number;
  given?: string;
}
