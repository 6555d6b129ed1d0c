import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { type Followed, follow } from '../../src/cli/follow.ts';
import { createSink } from '../../src/cli/io.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

interface Event {
  readonly type: 'start' | 'step' | 'end';
}

const contextOf = (world: World): Context => ({
  io: world.io,
  out: createSink(world.io.stdout, 'standard output'),
  say: (line) => {
    world.io.stderr.write(`${line}\n`);
  },
  color: undefined,
  exitCode: 0,
});

/** A run of a few steps, which ends early when it is asked to. */
async function* steps(signal: AbortSignal, before: () => void = () => undefined) {
  yield { type: 'start' } as Event;
  for (let step = 0; step < 5 && !signal.aborted; step++) {
    before();
    yield { type: 'step' } as Event;
  }
  yield { type: 'end' } as Event;
}

async function run(
  options: WorldOptions & { json?: boolean; interrupt?: readonly NodeJS.Signals[] },
): Promise<Followed<Event> & { world: World; context: Context; steps: number }> {
  const world = createWorld(options);
  const context = contextOf(world);
  const signals = [...(options.interrupt ?? [])];
  let count = 0;
  const followed = await follow<Event>(
    {
      flags: { json: options.json ?? false },
      start: (signal) =>
        steps(signal, () => {
          count++;
          const next = signals.shift();
          if (next) world.interrupt(next);
        }),
      narrator: () => ({
        lines: ({ type }) => `${type}\n`,
        status: ({ type }) => `now ${type}`,
      }),
      from: 'start',
      stopping: 'stopping',
    },
    context,
  );
  return { ...followed, world, context, steps: count };
}

describe('progress', () => {
  it('is lines where the cursor cannot move', async () => {
    const { world, last } = await run({});
    expect(world.stderr()).toBe('start\nstep\nstep\nstep\nstep\nstep\nend\n');
    expect(last).toEqual({ type: 'end' });
  });

  it('moves on a terminal', async () => {
    const { world } = await run({ terminals: ['stderr'] });
    expect(world.stderr()).toContain('\u001b[?25l');
  });

  it('is lines on a terminal of width 0, which would keep a spinner busy for ever', async () => {
    const { world } = await run({ terminals: ['stdout', 'stderr'], columns: 0 });
    expect(world.stderr()).not.toContain('\u001b');
    expect(world.stderr()).toMatch(/^start\n/);
  });

  it('survives a terminal whose width becomes 0', async () => {
    const world = createWorld({ terminals: ['stderr'] });
    const narrator = () => ({ lines: () => '', status: () => 'now' });
    await follow<Event>(
      {
        flags: {},
        start: (signal) => steps(signal, () => Object.assign(world.io.stderr, { columns: 0 })),
        narrator,
        from: 'start',
        stopping: '',
      },
      contextOf(world),
    );
    expect(world.stderr()).toContain('now');
  });
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s asks the run to stop, and the exit code is %d', async (signal, code) => {
    const { context, steps: count, world, ...followed } = await run({ interrupt: [signal] });
    expect([followed.signal, context.exitCode, count]).toEqual([signal, code, 1]);
    expect(world.stderr()).toContain('stopping\n');
    expect(world.quits).toEqual([]);
    world.interrupt(); // nobody listens any more
    expect(world.quits).toEqual([]);
  });
});

describe('events as JSON', () => {
  const failing = (code: string): Writable =>
    new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error(code), { code, syscall: 'write' })),
    });

  it('are lines on standard output', async () => {
    const { world } = await run({ json: true });
    expect(world.stdout().split('\n').slice(0, 2)).toEqual(['{"type":"start"}', '{"type":"step"}']);
  });

  it.each(['EPIPE', 'ENOSPC'])('may fail with %s, and the run goes on', async (code) => {
    const { world, steps: count } = await run({ json: true, stdout: failing(code) });
    expect(count).toBe(5);
    const lost = world.stderr().match(/the reader of --json is gone/g) ?? [];
    expect(lost).toHaveLength(code === 'EPIPE' ? 1 : 0);
  });
});
