// Explores how threads can interleave in the ticket protocol. The code is that of the built pool and its rounds: each access to
// shared memory becomes a `yield`, and a scheduler decides which thread goes on there. A thread goes on until it waits, except
// for a limited number of preemptions (Musuvathi & Qadeer 2007, "Iterative context bounding for systematic testing of
// multithreaded programs"). Within this limit every interleaving is tried.
import { readFileSync } from 'node:fs';

const source = (name) =>
  readFileSync(new URL(`../../dist/backend/${name}.js`, import.meta.url), 'utf8');

/** The text of a function, from its name to the brace that closes it. */
function functionText(text, name) {
  const begin = text.search(new RegExp(`function ${name}\\(`));
  if (begin < 0) throw new Error(`no function ${name}`);
  let depth = 0;
  // the parameters may have braces too; the body begins after the last of `) {`
  for (let i = text.indexOf(') {', begin) + 2; ; i++) {
    if (text[i] === '{') depth++;
    if (text[i] === '}' && --depth === 0) return text.slice(begin, i + 1);
  }
}

/** The protocol as generators. `change` may replace parts of its text, to see whether the exploration notices. */
function protocolOf(change) {
  const round = source('round');
  const constants = round.match(/^(?:export )?const [A-Z_]+ = [^;]+;/gm).join('\n');
  const functions = [
    ...['work', 'reportFailure', 'takeFailure', 'waitWhile'].map((name) =>
      functionText(round, name),
    ),
    ...['begin', 'finish'].map((name) => functionText(source('pool'), name)),
  ].join('\n');
  const text = change(`${constants}\n${functions}`)
    .replace(/export /g, '')
    .replace(/SPINS = [\d_]+/, 'SPINS = 1')
    .replace(/^(\s*)function /gm, '$1function* ')
    .replace(/Atomics\.(\w+)(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))/g, '(yield* atomics.$1$2)')
    .replace(/\b(waitWhile|work|reportFailure|takeFailure)\((?=words|control)/g, 'yield* $1(')
    .replace(/function\* yield\* /g, 'function* ')
    .replace(/= yield\* ([^;]+);/g, '= (yield* $1);')
    .replace(/tasks\[words\[TASK\]\]\(index, args\)/, 'yield* tasks[words[TASK]](index, args)')
    .replace(/words\[TASK\] = task;/, 'yield; $&')
    .replace(/workers\.some\([^;]+\)\)\)/, 'isDead())')
    .replace(/new UserError\(/, 'new Error(');
  return new Function(
    ...['words', 'control', 'tasks', 'atomics', 'isDead'],
    `const threads = 9, started = true, current = { tasks }, PATIENCE = 0; let open = 0;
     ${text}
     return { begin, finish, waitWhile, work, ROUND };`,
  );
}

const lineAfter = (words) => new Int32Array(words.buffer, 2048);

/**
 * Runs the protocol under a schedule: the choices at its first points; after them, choice 0.
 * @returns the number of choices at each point, and whether the protocol reported a dead thread
 */
function runSchedule(create, { workers, counts, schedule, preemptions, deaths }) {
  const words = new Int32Array(1024);
  const args = new Float64Array(words.buffer, 256, 64);
  const sleeping = new Map(); // thread -> address of the word
  let current = 0;
  const atomics = {
    *load(at, i) {
      yield;
      return at[i];
    },
    *store(at, i, value) {
      yield;
      at[i] = value;
    },
    *add(at, i, value) {
      yield;
      at[i] += value;
      return at[i] - value;
    },
    *exchange(at, i, value) {
      yield;
      const before = at[i];
      at[i] = value;
      return before;
    },
    *compareExchange(at, i, expected, value) {
      yield;
      const before = at[i];
      if (before === expected) at[i] = value;
      return before;
    },
    *wait(at, i, value) {
      yield;
      if (at[i] !== value) return;
      sleeping.set(current, i);
      yield;
    },
    *notify(_, i) {
      yield;
      for (const [thread, word] of sleeping) if (word === i) sleeping.delete(thread);
    },
  };
  const done = []; // what was computed: round * 100 + ticket
  const dead = new Set();
  let round = 0;
  const tasks = counts.map(
    (_, task) =>
      function* (index, given) {
        yield;
        if (given[0] !== task || words[48] !== task) throw new Error('numbers of another round');
        done.push(100 * task + index);
      },
  );
  const isDead = () => [...dead].some((thread) => lineAfter(words)[16 * thread] === 1);
  const { begin, finish, waitWhile, work, ROUND } = create(
    words,
    { words, args },
    tasks,
    atomics,
    isDead,
  );
  function* main() {
    for (const [task, count] of counts.entries()) {
      round = task;
      yield* begin(task, count, [task]);
      yield* finish();
      const expected = Array.from({ length: count }, (_, i) => 100 * task + i);
      const found = done.filter((n) => Math.floor(n / 100) === task).sort((a, b) => a - b);
      if (String(found) !== String(expected)) throw new Error(`round ${task} computed ${found}`);
    }
  }
  function* worker(thread) {
    for (let number = 0; ; ) {
      number = yield* waitWhile(words, { at: ROUND, value: number });
      yield* work({ words, args }, { round: number, tasks, thread });
    }
  }
  const threads = [main(), ...Array.from({ length: workers }, (_, i) => worker(i + 1))];
  const branches = [];
  let idle = 0;
  for (let point = 0; ; point++) {
    // the current thread first; another only if this one sleeps, or as a preemption
    const awake = threads.map((_, t) => t).filter((t) => !dead.has(t) && !sleeping.has(t));
    const others = awake.filter((t) => t !== current);
    const goesOn = awake.includes(current);
    const options = goesOn ? [current, ...(preemptions > 0 ? others : [])] : others;
    // a sleeping main thread wakes up now and then, to look for dead workers
    if (options.length === 0 && sleeping.has(0)) {
      if (++idle > 3) throw new Error('all threads wait');
      sleeping.delete(0);
      options.push(0);
    }
    const deadly = deaths > 0 && current > 0 && goesOn ? ['death'] : [];
    const all = [...options, ...deadly];
    const choice = schedule[point] ?? 0;
    branches.push(all.length);
    const chosen = all[choice];
    if (chosen === 'death') {
      deaths--;
      dead.add(current);
      continue;
    }
    if (goesOn && chosen !== current) preemptions--;
    current = chosen;
    try {
      if (threads[current].next().done) return { branches, isReported: false };
    } catch (error) {
      if (dead.size > 0 && /a thread ended while it computed/.test(error.message))
        return { branches, isReported: true };
      throw error;
    }
    if (point > 3000) throw new Error('it does not end');
  }
}

/**
 * Tries all interleavings with at most `preemptions` preemptions, and `deaths` deaths of workers at any moment.
 * @returns their number, and how many ended with an error about a dead thread
 */
export function explore({ workers, counts, preemptions, deaths = 0, change = (text) => text }) {
  const create = protocolOf(change);
  let schedule = [];
  let [runs, reported] = [0, 0];
  for (;;) {
    runs++;
    const { branches, isReported } = runSchedule(create, {
      ...{ workers, counts, schedule, preemptions, deaths },
    });
    if (isReported) reported++;
    let last = branches.length - 1;
    while (last >= 0 && (schedule[last] ?? 0) + 1 >= branches[last]) last--;
    if (last < 0) return { runs, reported };
    schedule = Array.from({ length: last + 1 }, (_, i) => schedule[i] ?? 0);
    schedule[last]++;
  }
}
