/**
 * Train, run and measure sequence taggers.
 *
 * @packageDocumentation
 */
export {
  DivergedError,
  type ErrorCode,
  errorCodes,
  UserError,
  type UserErrorOptions,
} from './errors.ts';
export * from './library/index.ts';
