import { UserError } from '../errors.ts';
import type { Run } from './training-types.ts';

/**
 * A run over the events of a generator. It starts when the first event or the result is requested.
 * @param where the name of the run in messages
 * @param resultOf the result in the last event, or the error with which `result()` rejects; undefined for other events
 */
export function createRun<Event, Result>(
  where: string,
  start: () => AsyncGenerator<Event>,
  resultOf: (event: Event) => Result | Error | undefined,
): Run<Event, Result> {
  let found: { readonly result: Result } | undefined;
  let isTaken = false;
  let failure: { readonly error: unknown } | undefined;
  async function* watched(): AsyncGenerator<Event, void, undefined> {
    try {
      for await (const event of start()) {
        const result = resultOf(event);
        if (result instanceof Error) failure = { error: result };
        else if (result !== undefined) found = { result };
        yield event;
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const events = watched();
  return {
    [Symbol.asyncIterator]() {
      if (isTaken)
        throw new UserError(
          `${where}: the events of a run can be read once. Call ${where}() again for another run.`,
          { code: 'SEQTAG_CLOSED' },
        );
      isTaken = true;
      return events;
    },
    async result() {
      if (!found && !failure) for await (const _ of events);
      if (failure) throw failure.error;
      if (!found)
        throw new Error(
          `${where}: there is no result, because the loop over its events ended early.`,
        );
      return found.result;
    },
  };
}
