/**
 * Train, run and measure sequence taggers.
 *
 * @packageDocumentation
 */
export { DivergedError, type ErrorCode, UserError } from './errors.ts';
export * from './library/index.ts';
