import { Argument, type Command } from 'commander';
import type { Context } from './context.ts';
import { addNotes } from './help.ts';

const examples = [
  'source <(seqtag completion bash)',
  'seqtag completion bash >> ~/.bashrc',
  'seqtag completion zsh >> ~/.zshrc',
  'seqtag completion fish > ~/.config/fish/completions/seqtag.fish',
  'seqtag completion powershell >> $PROFILE',
];

const notes = [
  'The script makes the Tab key complete commands, options, their values and file names. The first example is for one session, the others are for all later ones. In zsh, the line must come after `compinit`.',
];

/** `seqtag completion`: a script for a shell, which asks `seqtag complete` for the words to offer. */
export function defineCompletion(command: Command, context: Context): void {
  command
    .description('Prints a script that completes seqtag commands in a shell.')
    .addArgument(
      new Argument('<shell>', 'bash, zsh, fish or powershell').choices([
        'bash',
        'zsh',
        'fish',
        'powershell',
      ]),
    );
  addNotes(command, { io: context.io, examples, notes });
  command.action(async (shell: string) => {
    if (shell === 'bash') return context.out.write(bash);
    const { script } = await import('@bomb.sh/tab');
    script(shell, 'seqtag', 'seqtag'); // writes to process.stdout
  });
}

// The script of @bomb.sh/tab for bash completes no file names, and needs the package bash-completion.
const bash = `# bash completion for seqtag
_seqtag() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*)
        (( \${line#:} & 2 )) && compopt -o nospace 2> /dev/null
        (( \${line#:} & 4 )) && compopt +o default 2> /dev/null
        ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(seqtag complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
}
complete -o default -F _seqtag seqtag
`;
