import type { Command } from 'commander';

import { AppError } from '../../../shared/core/errors.ts';

interface Known {
  /** Words before, such as `secrets set`. */
  readonly path: string;
  readonly words: readonly string[];
}

function walk(command: Command, path: readonly string[] = []): Known[] {
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  const words = [...command.commands.map((each) => each.name()), ...options, '--help'];
  const inner = command.commands.flatMap((each) => walk(each, [...path, each.name()]));
  return [{ path: path.join(' '), words: [...new Set(words)] }, ...inner];
}

function bash(known: readonly Known[]): string {
  const cases = known
    .map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`)
    .join('\n');
  return `# rodex completion bash >> ~/.bashrc
_rodex() {
  local words='' path='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  while :; do
    case $path in
${cases}
    *) case $path in *' '*) path=\${path% *}; continue ;; *) path=''; continue ;; esac ;;
    esac
    break
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _rodex rodex
`;
}

const zsh = (known: readonly Known[]): string =>
  `# rodex completion zsh >> ~/.zshrc\nautoload -U +X bashcompinit && bashcompinit\n${bash(known)}`;

function fish(known: readonly Known[]): string {
  const lines = known.flatMap(({ path, words }) => {
    const parts = path === '' ? [] : path.split(' ');
    const when =
      parts.length === 0
        ? '__fish_use_subcommand'
        : parts.map((part) => `__fish_seen_subcommand_from ${part}`).join('; and ');
    return words.map((word) =>
      word.startsWith('--')
        ? `complete -c rodex -n '${when}' -l ${word.slice(2)}`
        : `complete -c rodex -n '${when}' -a ${word}`,
    );
  });
  return `# rodex completion fish > ~/.config/fish/completions/rodex.fish\n${lines.join('\n')}\n`;
}

/** A script that completes commands and options, made from the commands as they are. */
export function completionScript(program: Command, shell: string): string {
  const known = walk(program);
  if (shell === 'bash') return bash(known);
  if (shell === 'zsh') return zsh(known);
  if (shell === 'fish') return fish(known);
  throw new AppError('invalid_request', `shell: bash, zsh or fish, not "${shell}"`);
}
