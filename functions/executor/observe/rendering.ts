/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Content as Markdown, and where and how things are drawn. Runs in the isolated world; must not use anything from outside the function. */
export function installRendering(agent: Agent): void {
  const BLOCK = /^(block|flex|grid|table|list-item|flow-root)/;
  const MAX_BOXES = 400;
  const MAX_TEXT = 200_000;

  const cellText = (element: Element): string =>
    agent
      .clean((element as HTMLElement).innerText ?? '')
      .trim()
      .replace(/\|/g, '\\|');
  const tableText = (table: Element): string => {
    const rows = [...table.querySelectorAll('tr')].filter((row) => row.getClientRects().length > 0);
    const lines = rows.map((row) => `| ${[...row.children].map(cellText).join(' | ')} |`);
    const columns = rows[0]?.children.length ?? 0;
    lines.splice(1, 0, `|${' --- |'.repeat(columns)}`);
    return `\n\n${lines.join('\n')}\n\n`;
  };
  const markdownOf = (node: Node, depth: number): string => {
    if (node.nodeType === 3) return agent.clean((node as Text).data);
    if (node.nodeType !== 1) return '';
    const element = node as HTMLElement;
    const tag = element.localName;
    if (/^(script|style|noscript|template|head|svg)$/.test(tag)) return '';
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return '';
    if (tag === 'br') return '\n';
    if (tag === 'hr') return '\n\n---\n\n';
    if (tag === 'img')
      return element.getAttribute('alt')
        ? `![${agent.clean(element.getAttribute('alt') ?? '')}](${(element as HTMLImageElement).src.slice(0, 500)})`
        : '';
    if (tag === 'table' && !element.querySelector('table')) return tableText(element);
    if (tag === 'pre') return `\n\n\`\`\`\n${element.innerText.replace(/\n$/, '')}\n\`\`\`\n\n`;
    if (/^(input|textarea|select)$/.test(tag))
      return (element as HTMLInputElement).type === 'password'
        ? '•••'
        : agent.clean(agent.value(element));
    const inside = Array.from(agent.children(element), (child) =>
      markdownOf(child, depth + (/^[uo]l$/.test(tag) ? 1 : 0)),
    ).join('');
    const plain = inside.trim();
    if (/^h[1-6]$/.test(tag))
      return plain ? `\n\n${'#'.repeat(Number(tag[1]))} ${plain.replace(/\s+/g, ' ')}\n\n` : '';
    if (tag === 'a' && agent.rawHref(element) !== null && plain)
      return `[${plain.replace(/\s+/g, ' ')}](${agent.clean(agent.hrefOf(element))})`;
    if (/^(b|strong)$/.test(tag) && plain) return `**${plain}**`;
    if (/^(i|em)$/.test(tag) && plain) return `*${plain}*`;
    if (tag === 'code' && plain) return `\`${plain}\``;
    if (tag === 'li') {
      const place = [...(agent.parent(element)?.children ?? [])].indexOf(element) + 1;
      const mark = agent.parent(element)?.localName === 'ol' ? `${place}.` : '-';
      return `\n${'  '.repeat(Math.max(0, depth - 1))}${mark} ${plain}`;
    }
    if (tag === 'blockquote') return `\n\n> ${plain.replace(/\n/g, '\n> ')}\n\n`;
    return BLOCK.test(getComputedStyle(element).display) ? `\n\n${inside}\n\n` : inside;
  };
  agent.markdown = (ref: number | null): string => {
    agent.gather();
    const scope = ref === null ? (document.body ?? agent.top()) : agent.live(ref);
    const text = markdownOf(scope, 0)
      .replace(/[ \t]+\n/g, '\n')
      .replace(/\n[ \t]+(?![-\d])/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
    return agent.cut(text, MAX_TEXT);
  };

  const DRAWN = [
    'd',
    'points',
    'cx',
    'cy',
    'r',
    'rx',
    'ry',
    'x',
    'y',
    'x1',
    'y1',
    'x2',
    'y2',
    'width',
    'height',
    'transform',
    'href',
  ];
  const describe = (element: Element): Record<string, unknown> => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const round = (value: number): number => Math.round(value * 10) / 10;
    const svg = element instanceof SVGElement;
    const attributes = svg
      ? Object.fromEntries(
          DRAWN.filter((name) => element.hasAttribute(name)).map((name) => [
            name,
            agent.cut(element.getAttribute(name) ?? '', 200),
          ]),
        )
      : undefined;
    const role = agent.operable(element);
    const text = agent.cut(
      agent.clean(element.childElementCount === 0 ? (element.textContent ?? '') : '').trim(),
      80,
    );
    const name = agent.cut(agent.clean(text ? '' : agent.label(element)).trim(), 80);
    return {
      ...(role !== null && { ref: `${agent.prefix}e${agent.ref(element)}`, role }),
      tag: element.localName,
      x: round(box.x),
      y: round(box.y),
      width: round(box.width),
      height: round(box.height),
      ...(text && { text }),
      ...(name && !text && { name }),
      ...(svg
        ? { fill: style.fill, stroke: style.stroke }
        : { color: style.color, background: style.backgroundColor }),
      ...(attributes && Object.keys(attributes).length > 0 && { attributes }),
    };
  };
  /** What a person reads or recognises by itself: pages listen far above it, so nothing else tells that it can be used. */
  const isSeen = (element: Element): boolean =>
    element.hasAttribute('title') ||
    element.hasAttribute('aria-label') ||
    (element.childElementCount === 0 && (element.textContent ?? '').trim() !== '');
  /** Boxes in CSS pixels of the view, with colours, and for SVG what it is drawn by: of the element and what is in it. */
  agent.geometry = (ref: number | null): unknown => {
    agent.gather();
    const scope = ref === null ? (document.body ?? agent.top()) : agent.live(ref);
    const found: Element[] = ref === null ? [] : [scope];
    for (const element of scope.querySelectorAll('*')) {
      if (found.length >= MAX_BOXES) break;
      const drawn = element instanceof SVGElement;
      if (!drawn && ref === null && !isSeen(element) && agent.operable(element) === null) continue;
      const box = element.getBoundingClientRect();
      if (box.width > 0 || box.height > 0) found.push(element);
    }
    return found.map(describe);
  };
}
