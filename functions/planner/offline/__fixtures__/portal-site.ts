import type { Action } from '../../../../shared/contracts/action.ts';
import type { ActResult, PlayedSite } from '../../__fixtures__/played-run.ts';

export const header = (url: string, title: string, extra = ''): string =>
  `url: ${url}\ntitle: ${title}\nview: 1280x720 at 0,0 of 1280x2000\n${extra}---\n`;

const LOGIN = `${header('https://site.example/login', 'Sign in')}# Sign in
User name [e1 textbox User name]
Password [e2 password Password]
[e3 button Sign in]
[e4 link Forgot password?]
`;
const HOME = `${header('https://site.example/', 'Home')}[e10 link Dashboard] [e11 link Invoices] [e12 link Purchase orders]
# Good day, Ada
[e13 button Acknowledge the notice]
`;
const table = (
  order: string,
): string => `${header('https://site.example/invoices', 'Invoices')}[e10 link Dashboard] [e11 link Invoices]
# Invoices
3 invoices
[e20 link Number] | [e21 link Date] | [e22 link Total${order === '' ? '' : `; sort ${order}`}]
[e30 link INV-2026-0001] | 3 Jan 2026 | €1,200.50
[e31 link INV-2026-0002] | 14 Feb 2026 | €88.00
[e32 link INV-2026-0003] | 20 Feb 2026 | €4,310.00
[e40 link Next]
`;
const INVOICE = `${header('https://site.example/invoices/3', 'Invoice')}# Invoice INV-2026-0003
Order total: €4,310.00
[e50 link Download PDF] [e51 link Back to invoices]
`;

/** A site with a log-in, a sortable table and a page behind each row. */
export function portal(): PlayedSite & { page: string; typed: Record<string, string>; clicks: string[] } {
  const site = {
    page: 'login',
    order: '',
    typed: {} as Record<string, string>,
    clicks: [] as string[],
    observe: (): string =>
      ({ login: LOGIN, home: HOME, invoices: table(site.order), invoice: INVOICE })[site.page] ??
      '',
    act: (action: Action): ActResult => {
      switch (action.action) {
        case 'navigate':
          site.page = action.url.endsWith('/login') ? 'login' : 'home';
          return { status: 'done', moved: true, effect: 'read' };
        case 'type':
          site.typed[action.target ?? ''] = action.text;
          return { status: 'done' };
        case 'click': {
          site.clicks.push(action.target);
          if (action.target === 'e3') site.page = 'home';
          else if (action.target === 'e11') site.page = 'invoices';
          else if (action.target === 'e22')
            site.order = site.order === 'ascending' ? 'descending' : 'ascending';
          else if (action.target === 'e32') site.page = 'invoice';
          else if (action.target !== 'e50') return { status: 'done', effect: 'unknown' };
          return { status: 'done', moved: action.target !== 'e50' };
        }
        case 'extract':
          return action.keep?.op === 'largest'
            ? {
                status: 'done',
                data: [{ number: 'INV-2026-0003', date: '20 Feb 2026', total: 4310 }],
                effect: 'read',
              }
            : {
                status: 'done',
                data: [{ number: 'INV-2026-0002' }, { number: 'INV-2026-0003' }],
                effect: 'read',
              };
        case 'wait':
        case 'find':
          return {
            status: action.action === 'wait' && action.text === 'Nowhere' ? 'timeout' : 'done',
            data: [],
            effect: 'read',
          };
        default:
          return { status: 'done', effect: 'read' };
      }
    },
  };
  return site;
}

