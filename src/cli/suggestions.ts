import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packagePath } from '../files/package.ts';
import { bundledModels } from '../model/bundled.ts';
import { closestName } from '../option-values.ts';

/** A message with the names of bundled models in place of the paths of their files. */
export const withModelNames = (message: string): string =>
  bundledModels.reduce(
    (text, name) => text.replaceAll(packagePath(`models/${name}.safetensors`), name),
    message,
  );

/** Messages about an unknown name that list the names that there are: the name, and the list. */
const lists = [
  /^\S+ (.*?): expected one of (.*?)\.(?: |$)/,
  /no column "([^"]*)"\. The first row has (.*?)\.(?: |$)/,
  /no key "([^"]*)"\. The keys are (.*?)\.(?: |$)/,
  /no word has (\S+?)= in MISC, and it is no field\. The fields are (.*?)\.(?: |$)/,
  /unknown encoding "(.*?)"\. Name one of the Encoding Standard, such as (.*?)\.(?: |$)/,
  /-column (\S+): .* has the tag columns (.*?)\. /,
];

/** Usual names that no spelling is close to. */
const otherNames: Readonly<Record<string, string>> = {
  conll: 'columns',
  conll2003: 'columns',
  iob: 'columns',
  bio: 'columns',
  utf16: 'utf-16le',
};

/** ` Did you mean NAME?` for a message about an unknown name, if there is a similar one; otherwise nothing. */
export function suggestion(message: string): string {
  if (message.includes('Did you mean')) return '';
  const several = /^([\w.-]+(?:,\s*[\w.-]+)+): no such model file/.exec(message)?.[1];
  if (several !== undefined)
    return ` Name each of several models with its own -m: -m ${several.split(/,\s*/).join(' -m ')}.`;
  const [wanted, names] = unknownName(message) ?? [];
  if (wanted === undefined || names === undefined) return '';
  const name =
    names.find((one) => one === otherNames[wanted.toLowerCase()]) ?? closestName(wanted, names);
  return name === undefined || name === wanted ? '' : ` Did you mean ${name}?`;
}

function unknownName(message: string): readonly [string, readonly string[]] | undefined {
  const model = /^(.*?): no such model file/.exec(message)?.[1];
  if (model !== undefined) return [model, [...bundledModels, ...filesBeside(model)]];
  for (const list of lists) {
    const [, wanted, names] = list.exec(message) ?? [];
    if (wanted === undefined || names === undefined) continue;
    return [
      wanted,
      names.split(/[,;] (?:MISC has )?| or /).map((name) => name.trim().replace(/^"(.*)"$/, '$1')),
    ];
  }
  return undefined;
}

/** Model files in the folder of a path, written as the path is. */
export function filesBeside(path: string): string[] {
  const folder = path.endsWith('/') ? path : dirname(path);
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.safetensors'))
      .map((name) => (path.includes('/') ? join(folder, name) : name))
      .map((name) => (path.startsWith('./') ? `./${name}` : name));
  } catch {
    return [];
  }
}
