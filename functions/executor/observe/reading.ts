/// <reference lib="dom" />
import type { Agent } from './agent.ts';

/** Reading and taking rows out. Runs in the isolated world; must not use anything from outside the function. */
export function installReading(agent: Agent): void {
  const fold = (text: string): string => agent.clean(text).trim().toLowerCase();
  const textOf = (element: Element): string =>
    agent.clean((element as HTMLElement).innerText ?? element.textContent ?? '').trim();

  agent.pageText = (): string => textOf(document.body ?? agent.top());
  const shownText = (): string => {
    let text = textOf(document.body ?? agent.top());
    agent.gather();
    agent.all((element) => {
      const root = agent.rootOf(element);
      if (root)
        for (const child of root.children)
          if ((child as HTMLElement).innerText) text += ` ${(child as HTMLElement).innerText}`;
    });
    return text;
  };
  agent.shows = (text: string): boolean => {
    const wanted = fold(text);
    if (fold(shownText()).includes(wanted)) return true;
    let found = false;
    agent.all((element) => {
      if (
        /^(input|textarea|select)$/.test(element.localName) &&
        (element as HTMLInputElement).type !== 'password' &&
        element.getClientRects().length > 0 &&
        fold(agent.value(element)).includes(wanted)
      )
        found = true;
      return !found;
    });
    return found;
  };

  const largestTable = (): Element | null => {
    let best: Element | null = null;
    let most = 0;
    agent.gather();
    agent.all((element) => {
      if (
        element.localName !== 'table' &&
        !/^(table|grid|treegrid)$/.test(element.getAttribute('role') ?? '')
      )
        return;
      if (element.querySelector('table') || element.getClientRects().length === 0) return;
      const count = element.querySelectorAll('tr,[role=row]').length;
      if (count > most) [best, most] = [element, count];
    });
    return best;
  };
  const tableOf = (ref: number | null): Element | null => {
    if (ref === null) return largestTable();
    const element = agent.live(ref);
    const up = agent
      .chain(element)
      .find((each) => each.matches('table,[role=table],[role=grid],[role=treegrid]'));
    return up ?? element.querySelector('table,[role=table],[role=grid],[role=treegrid]');
  };
  const rowsOf = (table: Element): Element[] =>
    [...table.querySelectorAll('tr,[role=row]')].filter(
      (row) =>
        row.closest('table,[role=table],[role=grid],[role=treegrid]') === table &&
        row.getClientRects().length > 0,
    );
  const cellsOf = (row: Element): Element[] =>
    [...row.children].filter(
      (cell) =>
        /^(td|th)$/.test(cell.localName) ||
        /^(gridcell|cell|columnheader|rowheader)$/.test(cell.getAttribute('role') ?? ''),
    );
  const isHeader = (row: Element): boolean => {
    const cells = cellsOf(row);
    return (
      row.closest('thead') !== null ||
      (cells.length > 0 &&
        cells.every(
          (cell) => cell.localName === 'th' || cell.getAttribute('role') === 'columnheader',
        ))
    );
  };
  /** Header texts by column, with spans laid out. */
  const headersOf = (table: Element): string[] => {
    const rows = rowsOf(table);
    const header =
      rows.filter(isHeader).at(-1) ??
      (rows[0] && cellsOf(rows[0]).length > 0 ? rows[0] : undefined);
    const own = header ? cellsOf(header) : [...table.querySelectorAll('[role=columnheader]')];
    return own.flatMap((cell) =>
      Array.from({ length: (cell as HTMLTableCellElement).colSpan || 1 }, () => textOf(cell)),
    );
  };
  const columnsOf = (row: Element): Element[] =>
    cellsOf(row).flatMap((cell) =>
      Array.from({ length: (cell as HTMLTableCellElement).colSpan || 1 }, () => cell),
    );
  const dataRows = (table: Element): Element[] => {
    const rows = rowsOf(table).filter((row) => cellsOf(row).length > 0);
    const body = rows.filter((row) => !isHeader(row) && !row.closest('tfoot'));
    return rows.some(isHeader) ? body : body.slice(1);
  };

  agent.read = (ref: number | null, as: 'text' | 'table' | 'links' | 'value'): unknown => {
    const scope = ref === null ? (document.body ?? agent.top()) : agent.live(ref);
    if (as === 'text') {
      const root = agent.rootOf(scope);
      return ref === null
        ? agent.clean(shownText()).trim()
        : agent
            .clean(
              root
                ? [...root.children]
                    .map((child) => (child as HTMLElement).innerText ?? '')
                    .join(' ')
                : ((scope as HTMLElement).innerText ?? ''),
            )
            .trim();
    }
    if (as === 'value') {
      const field = scope as HTMLInputElement;
      return field.type === 'password'
        ? '•••'
        : agent.clean((agent.fieldValue as (ref: number) => string)(ref as number));
    }
    if (as === 'links')
      return [...scope.querySelectorAll('a[*|href]')]
        .filter((link) => link.getClientRects().length > 0)
        .slice(0, 2_000)
        .map((link) => ({
          text: agent.cut(textOf(link), 300),
          url: agent.clean(agent.hrefOf(link)),
        }));
    const table = tableOf(ref);
    if (!table) return null;
    const headers = headersOf(table).map((header, index) => header || `column ${index + 1}`);
    return dataRows(table).map((row) =>
      Object.fromEntries(
        columnsOf(row).map((cell, index) => [
          headers[index] ?? `column ${index + 1}`,
          textOf(cell),
        ]),
      ),
    );
  };

  interface Column {
    header?: string;
    css?: string;
    attribute?: string;
    type: string;
  }
  agent.rows = (ref: number | null, rows: string | null, columns: Column[]): unknown => {
    const table = rows === null ? tableOf(ref) : null;
    const scope: Element = ref !== null && rows !== null ? agent.live(ref) : agent.top();
    let found: Element[] = [];
    try {
      if (rows !== null) {
        for (let up: Element | null = scope; found.length === 0 && up; up = agent.parent(up))
          found = [...up.querySelectorAll(rows)];
        agent.gather();
        if (found.length === 0)
          agent.all((element) => void (element.matches(rows) && found.push(element)));
        found = found.filter((row) => row.getClientRects().length > 0);
      } else if (table) found = dataRows(table);
      else if (ref !== null) {
        const list =
          agent.chain(agent.live(ref)).find((each) => each.matches('ul,ol,[role=list]')) ??
          agent.live(ref);
        found = [...list.children].filter((row) => row.getClientRects().length > 0);
      } else return { problem: 'the page has no table; give rows as a selector' };
    } catch (error) {
      return { problem: `the selector is not valid: ${(error as Error).message.slice(0, 200)}` };
    }
    const holder = table ?? found[0]?.closest('table,[role=grid],[role=table]') ?? null;
    const headers = holder ? headersOf(holder).map(fold) : [];
    const places = columns.map((column) => {
      if (column.header === undefined) return -1;
      const wanted = fold(column.header);
      const plain = (header: string): string => header.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
      const exact = headers.findIndex(
        (header) => header === wanted || plain(header) === plain(wanted),
      );
      return exact >= 0 ? exact : headers.findIndex((header) => header.includes(wanted));
    });
    const lost = columns.find(
      (column, index) => column.header !== undefined && places[index] === -1,
    );
    if (lost)
      return {
        problem: `no column is headed "${lost.header}"; the columns are: ${headers.join(', ') || '(none)'}`,
      };
    const valueOf = (row: Element, column: Column, place: number): string | null => {
      let cell: Element | null | undefined = place >= 0 ? columnsOf(row)[place] : row;
      if (cell && column.css)
        cell = cell.matches(column.css) ? cell : cell.querySelector(column.css);
      if (!cell) return null;
      if (column.attribute) {
        const holderOf = cell.hasAttribute(column.attribute)
          ? cell
          : cell.querySelector(`[${CSS.escape(column.attribute)}]`);
        const name = column.attribute.toLowerCase();
        if (name === 'value' && (holderOf as HTMLInputElement | null)?.type === 'password')
          return '•••';
        const value = holderOf?.getAttribute(column.attribute);
        return value === null || value === undefined
          ? null
          : agent.clean(name === 'href' || name === 'src' ? agent.absolute(value) : value);
      }
      if (column.type === 'link') {
        const link = cell.matches('a[*|href]')
          ? cell
          : (cell.querySelector('a[*|href]') ?? cell.closest('a[*|href]'));
        return link ? agent.clean(agent.hrefOf(link)) : null;
      }
      if (column.type === 'date') {
        const stamp = cell.matches('time[datetime]') ? cell : cell.querySelector('time[datetime]');
        if (stamp) return stamp.getAttribute('datetime');
      }
      return textOf(cell);
    };
    try {
      return {
        rows: found.map((row) =>
          columns.map((column, index) => valueOf(row, column, places[index] ?? -1)),
        ),
        headers,
      };
    } catch (error) {
      return { problem: `a field cannot be read: ${(error as Error).message.slice(0, 200)}` };
    }
  };
}
