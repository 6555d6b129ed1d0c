import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * The path of a file of this package. This module is two levels below the package, in `src/files`, in `dist/files` and in
 * `dist/bundle` alike.
 */
export const packagePath = (name: string): string =>
  fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Of this package. */
export const { version } = createRequire(import.meta.url)(packagePath('package.json')) as {
  version: string;
};
