import { readFileSync } from 'node:fs';
import { UserError } from '../../../errors.ts';
import { describeFile } from '../../../files/read.ts';
import { createOutput } from '../../../files/write.ts';

/** Writes the text that a file of BRAT annotates: `x.txt` beside `x.ann`. */
export interface BratText {
  /** Adds a piece of the text. */
  add(text: string): void;
  /**
   * Writes the text, unless it is there already.
   * @throws UserError if another text is there
   */
  finish(): void;
}

/** @returns undefined for standard output. @throws UserError for a file that is not called `x.ann` */
export function createBratText(outFile: string | undefined): BratText | undefined {
  if (outFile === undefined || outFile === '-') return undefined;
  if (!/\.ann$/i.test(outFile))
    throw new UserError(
      `${outFile}: BRAT keeps annotations in files called .ann, beside their text. Name the file so.`,
      { code: 'SEQTAG_SAME_FILE' },
    );
  const file = outFile.replace(/\.ann$/i, '.txt');
  const pieces: string[] = [];
  return {
    add: (text) => void pieces.push(text),
    finish() {
      const bytes = Buffer.from(pieces.join(''));
      const present = describeFile(file);
      if (present === undefined) {
        const output = createOutput(file);
        output.write(bytes);
        output.finish();
      } else if (present.kind !== 'file' || !readFileSync(file).equals(bytes))
        throw new UserError(
          `${file}: there is another text, but ${outFile} would annotate this file. Choose another name.`,
          { code: 'SEQTAG_SAME_FILE' },
        );
    },
  };
}
