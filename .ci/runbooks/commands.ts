/** A command as a page tells it: its words, without variables before it and without `npx`. */
export type Told = readonly string[];

/** Every command of one program in the code of a page: in spans, and in lines of blocks that begin with it. */
export function commandsOf(page: string, program: string): readonly Told[] {
  const blocks = [...page.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
  const spans = [...page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, text = '']) => text,
  );
  const lines = [...spans, ...blocks.flatMap((text) => text.split('\n'))];
  return lines
    .flatMap((line) => line.split(/ (?:\||&&) |; /))
    .map((part) => wordsOf(part.trim()))
    .map((words) =>
      words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word) && word !== 'npx')),
    )
    .filter(([first]) => first === program);
}

/** As a shell divides them: quotes hold together, a comment ends. */
function wordsOf(line: string): string[] {
  const bare = line.replace(/ {2,}#.*$| {2,}[a-z].*$/, '');
  return [...bare.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll(/['"]/g, ''),
  );
}
