// With the library of disposables, a tagger closes itself at the end of its block.
import { loadTagger } from 'seqtag';

export async function tags(text: string): Promise<readonly string[]> {
  await using tagger = await loadTagger('en-upos');
  return tagger.tagText(text).flatMap((sentence) => sentence.tags);
}
