// Finds names in a text: `node tag.js [FILE]`, or `bun tag.js`, `deno run -A tag.js`.
import { createReadStream } from 'node:fs';
import { loadTagger } from 'seqtag';

const tagger = await loadTagger('en-ner', { threads: 1 });

// A text in memory: sentences, tokens and names with their places in it, in one call.
const text = 'Angela Merkel met Tim Cook in Berlin. They talked about Apple.';
for (const sentence of tagger.tagText(text, { confidence: true }))
  for (const { type, text: name, offsets, confidence = 0 } of sentence.spans)
    console.log(
      `${type} ${name} ${offsets.start}-${offsets.end} ${(100 * confidence).toFixed(0)} %`,
    );

// Sentences that are tokenized already.
const [first] = tagger.tag([['She', 'lives', 'in', 'Berlin']]);
console.log(first?.tags.join(' '));

// A file of any length, sentence by sentence, in bounded memory.
const [file] = process.argv.slice(2);
if (file !== undefined)
  for await (const { spans } of tagger.tagTextStream(createReadStream(file)))
    for (const { type, text: name } of spans) console.log(type, name);

await tagger.close();
