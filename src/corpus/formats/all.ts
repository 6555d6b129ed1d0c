import { addFormats } from './code.ts';
import { conllu } from './conllu/index.ts';
import { html } from './html.ts';
import { inline } from './inline/index.ts';
import { json, jsonl } from './json/index.ts';
import { brat } from './offsets/brat.ts';
import { doccano, labelStudio, prodigy } from './offsets/records.ts';
import { spans } from './offsets/spans.ts';
import { csv, tsv } from './table/index.ts';

// Importing this module loads the code of every format, for callers that cannot wait for `loadFormat`.

addFormats({
  ...{ conllu, html, inline, json, jsonl, brat, doccano, prodigy, spans, csv, tsv },
  'label-studio': labelStudio,
});
