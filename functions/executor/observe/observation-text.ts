import type { WalkLine, WalkResult } from './agent.ts';

/** What one frame showed; frames are keyed by the parent's number and the ref of their element. */
export interface FrameView {
  readonly number: number;
  readonly parent: number | undefined;
  readonly owner: number | undefined;
  readonly walk: WalkResult;
}

export interface Header {
  readonly url: string;
  readonly title: string;
  readonly view?: WalkResult['view'];
  readonly tabs: readonly { id: string; title: string; url: string; current: boolean }[];
  readonly dialog?: string;
  readonly downloads: readonly { name: string; mediaType: string; bytes: number }[];
  readonly notes: readonly string[];
}

const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** Text of unknown origin on one line, without what cannot be seen. */
export const oneLine = (text: string, length = 300): string => {
  const plain = text.replace(/\s+/g, ' ').replace(UNSEEN, '').trim();
  return plain.length > length ? `${plain.slice(0, length)}…` : plain;
};

export const escapeText = (text: string): string => text.replace(/[\\[\]]/g, '\\$&');

export function headerText(header: Header): string {
  const lines = [
    `url: ${oneLine(header.url, 2_000)}`,
    `title: ${escapeText(oneLine(header.title))}`,
  ];
  const { view } = header;
  if (view)
    lines.push(
      `view: ${view.width}x${view.height} at ${view.x},${view.y} of ${view.pageWidth}x${view.pageHeight}`,
    );
  else lines.push('view: 0x0 at 0,0 of 0x0');
  if (header.tabs.length > 1)
    for (const tab of header.tabs)
      lines.push(
        `tab: ${tab.current ? '*' : ''}${tab.id} ${escapeText(oneLine(tab.title, 80))} ${oneLine(tab.url, 300)}`,
      );
  if (header.dialog !== undefined)
    lines.push(`dialog: ${escapeText(oneLine(header.dialog, 1_000))}`);
  for (const file of header.downloads)
    lines.push(
      `download: ${escapeText(oneLine(file.name, 200))} (${oneLine(file.mediaType, 100)}, ${file.bytes} bytes)`,
    );
  for (const note of header.notes) lines.push(`note: ${escapeText(oneLine(note, 500))}`);
  return `${lines.join('\n')}\n---\n`;
}

/** The lines of the main frame with the content of each shown frame after its unit. */
export function bodyText(
  views: readonly FrameView[],
  kind: 'full' | 'diff',
): { text: string; refs: number } {
  const byOwner = new Map(views.map((view) => [`${view.parent}/${view.owner}`, view]));
  const done = new Set<FrameView>();
  const out: string[] = [];
  let refs = 0;
  const linesOf = (view: FrameView): WalkLine[] => {
    if (kind === 'full') return view.walk.lines;
    return view.walk.diff ?? view.walk.lines.map((line) => ({ ...line, text: `+ ${line.text}` }));
  };
  const write = (view: FrameView, indent: string): void => {
    done.add(view);
    refs += kind === 'diff' && view.walk.diff ? view.walk.diffRefs : view.walk.refs;
    for (const line of linesOf(view)) {
      out.push(indent + line.text);
      const child =
        line.owner === undefined ? undefined : byOwner.get(`${view.number}/${line.owner}`);
      if (child && !done.has(child)) write(child, kind === 'full' ? `${indent}  ` : '');
    }
    if (kind === 'diff')
      for (const child of views)
        if (child.parent === view.number && !done.has(child) && child.walk.diff) write(child, '');
  };
  const main = views.find((view) => view.number === 0);
  if (main) write(main, '');
  return { text: out.map((line) => `${line}\n`).join(''), refs };
}

/** What was left out, in words that say how to reach it. */
export function notesOf(views: readonly FrameView[]): string[] {
  const sum = (pick: (walk: WalkResult) => number): number =>
    views.reduce((total, view) => total + pick(view.walk), 0);
  const notes: string[] = [];
  const above = sum((walk) => walk.above);
  const below = sum((walk) => walk.below);
  const texts = sum((walk) => walk.cutTexts);
  if (above + below > 0)
    notes.push(
      `left out: ${above} controls above and about ${below} below, with the text around them; reach them by scroll, find or read`,
    );
  else if (views.some((view) => view.walk.lines.length < 1 && view.number === 0))
    notes.push('nothing is shown yet');
  if (texts > 0)
    notes.push(`${texts} long ${texts === 1 ? 'text is' : 'texts are'} cut; read gives them whole`);
  if (views.some((view) => view.walk.timedOut))
    notes.push('the page is too large to be seen within the time; reach the rest by find or read');
  return notes;
}
