/** Files that are often mistaken for models: their first bytes and their kind. */
const magics: readonly [beginning: string, kind: string][] = [
  ['PK\x03\x04', 'a zip archive (such as a PyTorch checkpoint or .npz)'],
  ['\x80\x02', 'a Python pickle'],
  ['\x80\x03', 'a Python pickle'],
  ['\x80\x04', 'a Python pickle'],
  ['\x80\x05', 'a Python pickle'],
  ['\x1f\x8b', 'a gzip archive'],
  ['\x28\xb5\x2f\xfd', 'a zstd archive'],
  ['\x93NUMPY', 'a NumPy array'],
  ['\x89HDF', 'an HDF5 file'],
  ['GGUF', 'a GGUF file'],
];

/** The probable kind of a file that is not safetensors, and the remedy; undefined if the kind is unknown. */
export function foreignFile(beginning: Uint8Array): string | undefined {
  const text = Buffer.from(beginning).toString('latin1');
  if (text.startsWith('version https://git-lfs'))
    return 'a Git LFS pointer, not the model itself. Run "git lfs pull".';
  const magic = magics.find(([start]) => text.startsWith(start));
  const kind = magic?.[1] ?? (isText(beginning) ? 'a text file' : undefined);
  return kind && `${kind}, not a safetensors file. Give a model file.`;
}

/** Whether bytes are UTF-8 without control characters. The last character may be cut. */
function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return /^[\t\n\r\P{Control}]*$/u.test(text);
  } catch {
    return false;
  }
}
