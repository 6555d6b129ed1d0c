import type { Format } from '../sentence.ts';
import type { FormatCode } from './definition.ts';
import { formats } from './formats.ts';

const loaded = new Map<Format, FormatCode>();

/** Loads the code of a format. Only then can `createParser` and `createWriter` use the format. */
export async function loadFormat(format: Format): Promise<FormatCode> {
  const code = await formats[format].load();
  loaded.set(format, code);
  return code;
}

/** Adds code that was imported at once. */
export function addFormats(codes: Readonly<Partial<Record<Format, FormatCode>>>): void {
  for (const [format, code] of Object.entries(codes)) loaded.set(format as Format, code);
}

/** The code of a format that was loaded, or that needs no loading. */
export function codeOf(format: Format): FormatCode {
  const code = loaded.get(format) ?? formats[format].load();
  if (code instanceof Promise) throw new Error(`the format ${format} was not loaded`);
  return code;
}
