import type { BiasOptions, ColumnOptions, ComputeOptions, readFormats } from './options.ts';
import type { TagMap } from './tag-map.ts';

/** The options of `seqtag eval`, as commander gives them. */
export interface EvalFlags extends ColumnOptions, ComputeOptions, BiasOptions {
  /** One model, or several for a table. */
  model?: string[];
  gold?: string;
  pred?: string;
  predColumn?: string;
  format?: (typeof readFormats)[number];
  table?: (typeof tableFormats)[number];
  details?: boolean;
  json?: boolean;
  minF1?: number;
  minAccuracy?: number;
  partial?: boolean;
  allowUnseen?: boolean;
  fromScheme?: string;
  force?: boolean;
  map?: TagMap;
}

/** How the scores of models on corpora can be written. */
export const tableFormats = ['text', 'csv', 'markdown', 'latex'] as const;
