import { extname } from 'node:path';
import { describeFile, readBytes } from '../files/read.ts';
import { findModel } from '../model/model-file.ts';

/** Whether a file is to be read as a model: by extension or content, or because it is the name of a bundled model. */
export async function isModel(file: string): Promise<boolean> {
  if (file === '-') return false;
  const extension = extname(file).toLowerCase();
  if (extension === '.safetensors') return true;
  const kind = describeFile(file)?.kind;
  if (kind === undefined) return extension === '';
  if (kind === 'directory') return findModel(file) !== file;
  return kind === 'file' && startsLikeModel(file);
}

/** A safetensors file starts with the length of its header in 8 bytes, and `{`. */
async function startsLikeModel(file: string): Promise<boolean> {
  for await (const bytes of readBytes(file))
    return bytes.length > 8 && bytes[6] === 0 && bytes[7] === 0 && bytes[8] === 0x7b;
  return false;
}
