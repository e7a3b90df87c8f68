/** Fetched by the bench alone, into a folder of its own: pages that people really use, and the tokenizer. */
export const PAGE_PACKAGES: Readonly<Record<string, string>> = {
  '@shoelace-style/shoelace': '2.20.1',
  'admin-lte': '3.2.0',
  'ag-grid-community': '36.2.0',
  antd: '5.29.3',
  dayjs: '1.11.23',
  'gpt-tokenizer': '4.0.0',
  'monaco-editor': '0.57.0',
  react: '18.3.1',
  'react-dom': '18.3.1',
  'swagger-ui-dist': '5.35.0',
};

export interface BenchPage {
  readonly name: string;
  /** Below the bench's site, or below the demo's portal. */
  readonly path: string;
  readonly portal?: 'stranger' | 'customer';
  /** Expression that holds when the page has drawn itself. */
  readonly ready?: string;
  /** Made to do harm: left out of sums, and peers may fail on it. */
  readonly hostile?: true;
}

export const PAGES: readonly BenchPage[] = [
  {
    name: 'API explorer',
    path: '/p/swagger.html',
    ready: 'document.documentElement.dataset.ready',
  },
  {
    name: 'admin dashboard',
    path: '/npm/admin-lte/index.html',
    ready: 'window.jQuery && document.querySelector(".daterangepicker")',
  },
  {
    name: 'admin forms',
    path: '/npm/admin-lte/pages/forms/advanced.html',
    ready: 'document.querySelector(".select2-container")',
  },
  { name: 'component console', path: '/p/antd.html', ready: 'document.querySelector(".ant-tree")' },
  { name: 'data grid', path: '/p/aggrid.html', ready: 'document.querySelector(".ag-row")' },
  { name: 'code editor', path: '/p/editor.html', ready: 'document.querySelector(".view-line")' },
  { name: '5,000-row table', path: '/p/table5k.html' },
  {
    name: 'shadow and frames',
    path: '/p/shadow.html',
    ready: 'customElements.get("sl-button") && document.querySelector("sl-rating").shadowRoot',
  },
  { name: 'shop of divs', path: '/p/shop.html' },
  { name: 'form', path: '/p/form10.html' },
  { name: 'delegated and virtual', path: '/p/delegated.html' },
  { name: 'restless', path: '/p/restless.html' },
  { name: 'long docs', path: '/p/long-docs.html' },
  { name: 'huge index', path: '/p/huge-index.html' },
  { name: 'portal: sign-in', path: '/sign-in', portal: 'stranger' },
  { name: 'portal: invoices', path: '/invoices', portal: 'customer' },
  { name: 'portal: new order', path: '/orders/new', portal: 'customer' },
  { name: 'portal: settings', path: '/settings', portal: 'customer' },
  { name: '100,000 nodes', path: '/p/many-nodes.html', hostile: true },
  { name: '50 MB of text', path: '/p/much-text.html', hostile: true },
  { name: 'deep nesting', path: '/p/deep-nesting.html', hostile: true },
];
