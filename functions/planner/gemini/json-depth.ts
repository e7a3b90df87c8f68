/**
 * Where a text, which may come in pieces, first nests deeper than `maxDepth`; -1 while it does not. Parsers have no limit of their
 * own and would go as deep as they are told.
 */
export function createDepthGuard(maxDepth: number): (text: string) => number {
  let depth = 0;
  let inString = false;
  let escaped = false;
  return (text) => {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (escaped) escaped = false;
      else if (inString) {
        if (code === 0x5c) escaped = true;
        else if (code === 0x22) inString = false;
      } else if (code === 0x22) inString = true;
      else if (code === 0x7d || code === 0x5d) depth -= 1;
      else if ((code === 0x7b || code === 0x5b) && (depth += 1) > maxDepth) return index;
    }
    return -1;
  };
}
