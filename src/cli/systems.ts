import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';

/** A system to compare, with the files or models of its runs. */
export interface NamedRuns {
  readonly name: string;
  readonly runs: readonly string[];
}

/**
 * The systems that were named. If they are grouped, runs whose names differ only in their last number are one system:
 * `a-1.conll` and `a-2.conll` are the system `a-*.conll`.
 * @throws UserError if there is only one system, or if a run is named twice
 */
export function systemsOf(
  runs: readonly string[],
  { isGrouped }: { isGrouped: boolean },
): readonly NamedRuns[] {
  const twice = runs.find((run, i) => runs.indexOf(run) !== i);
  if (twice !== undefined)
    throw new UserError(`compare: ${twice} is given twice. Leave one out.`, {
      code: 'SEQTAG_OPTION',
    });
  const groups = new Map<string, string[]>();
  for (const run of runs) {
    const name = isGrouped ? groupName(run) : run;
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  const systems = [...groups].map(([name, members]) => ({
    name: members.length === 1 ? members[0]! : name,
    runs: members,
  }));
  if (systems.length > 1) return systems;
  throw new UserError(
    runs.length === 1
      ? `compare: one system, ${runs[0]}. Give two or more.`
      : `compare: all ${runs.length} runs are one system, ${systems[0]!.name}. --group is for runs of several systems: leave it out to compare each run.`,
    { code: 'SEQTAG_OPTION' },
  );
}

function groupName(run: string): string {
  const name = basename(run);
  // what follows a dot and begins with a letter: `.conll.gz`, but not the `.2` of `v1.2`
  const [extension] = /(?:\.[a-z]\w*)*$/i.exec(name)!;
  const stem = name.slice(0, name.length - extension.length).replace(/\d+(?=\D*$)/, '*');
  return join(dirname(run), stem + extension);
}
