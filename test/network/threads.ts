import { Arena } from '../../src/backend/arena.ts';
import { type Backend, type BackendKind, loadKernels } from '../../src/backend/backend.ts';
import { createPool, type Pool } from '../../src/backend/pool.ts';
import { controlAt, NEXT } from '../../src/backend/round.ts';

const STACK = 65_536;
const PATIENCE = 10_000; // milliseconds

/**
 * A backend in whose rounds workers surely take part: this thread does not begin its first ticket of a round before
 * another thread has drawn one, where there is one. `drawn` counts this thread's tickets, all tickets, and the rounds of
 * more than one.
 */
export function openThreads(
  kind: BackendKind,
  threads: number,
): Backend & { drawn: { here: number; all: number; shared: number } } {
  const arena = new Arena(2 * STACK);
  const control = controlAt(arena.memory, arena.layout.end, threads); // the pool's first allocation
  const inner = createPool({
    kind,
    products: 'single',
    arena,
    threads,
    stack: STACK,
    onWarning: console.warn,
  });
  const drawn = { here: 0, all: 0, shared: 0 };
  let left = 0; // tickets of this round that nobody had drawn when this thread came
  let first = true;
  const waitForAnother = (): void => {
    const seen = Atomics.load(control.words, NEXT);
    if (!first || threads === 1 || (seen & 0xffff) >= left) return;
    first = false;
    const until = Date.now() + PATIENCE;
    while (Atomics.load(control.words, NEXT) === seen)
      if (Date.now() > until) throw new Error('no worker came');
  };
  const pool: Pool = {
    threads,
    program: (module, spec, tasks) =>
      inner.program(
        module,
        spec,
        tasks.map((task) => (index, args) => {
          drawn.here++;
          waitForAnother();
          task(index, args);
        }),
      ),
    run: (task, count, args) => {
      pool.begin(task, count, args);
      pool.finish();
    },
    begin: (task, count, args) => {
      drawn.all += count;
      if (count > 1) drawn.shared++;
      left = count;
      first = true;
      inner.begin(task, count, args);
    },
    finish: () => inner.finish(),
    close: () => inner.close(),
  };
  return {
    kind,
    ...loadKernels({ kind, products: 'single', memory: arena.memory, stack: STACK }),
    arena,
    pool,
    drawn,
  };
}
