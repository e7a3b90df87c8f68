/** Ways to write an address that must not be reached; each is what follows `http://`. */
export interface Notation {
  readonly name: string;
  readonly host: string;
  /** What it means, as the trap sees it. */
  readonly reaches: string;
}

const METADATA = '169.254.169.254';
const on = (reaches: string, forms: Readonly<Record<string, string>>): Notation[] =>
  Object.entries(forms).map(([name, host]) => ({ name, host, reaches }));

export const NOTATIONS: readonly Notation[] = [
  ...on(METADATA, {
    dotted: METADATA,
    decimal: '2852039166',
    hex: '0xA9FEA9FE',
    'hex-dotted': '0xa9.0xfe.0xa9.0xfe',
    octal: '0251.0376.0251.0376',
    short: '169.254.43518',
    mixed: '0xa9.254.0251.254',
    'full-width-dots': '169。254。169。254',
    'full-width-digits': '１６９．２５４．１６９．２５４',
    circled: '①⑥⑨.②⑤④.①⑥⑨.②⑤④',
    percent: '%31%36%39.254.169.254',
    'trailing-dot': '169.254.169.254.',
    mapped: '[::ffff:a9fe:a9fe]',
    'mapped-dotted': '[::ffff:169.254.169.254]',
    user: `portal.test@${METADATA}`,
    'user-port': `portal.test:80@${METADATA}`,
    'backslash-at': `${METADATA}\\@portal.test`,
  }),
  ...on('::169.254.169.254', { compatible: '[::a9fe:a9fe]' }),
  ...on('64:ff9b::a9fe:a9fe', { nat64: '[64:ff9b::a9fe:a9fe]' }),
  ...on('2002:a9fe:a9fe::', { '6to4': '[2002:a9fe:a9fe::]' }),
  ...on('2001:0:a9fe:a9fe::1', { teredo: '[2001:0:a9fe:a9fe::1]' }),
  ...on('fd20:ce::254', { 'metadata-v6': '[fd20:ce::254]' }),
  ...on('fd00:ec2::254', { 'aws-v6': '[fd00:ec2::254]' }),
  ...on('::1', { 'loopback-v6': '[::1]' }),
  ...on('127.0.0.1', {
    loopback: '127.0.0.1',
    'loopback-short': '127.1',
    'loopback-other': '127.8.9.10',
    zero: '0.0.0.0',
    localhost: 'localhost',
    'localhost-sub': 'a.localhost',
    devtools: 'localhost:9222',
  }),
  ...on('10.0.0.1', { 'private-10': '10.0.0.1', 'private-10-int': '167772161' }),
  ...on('172.16.3.4', { 'private-172': '172.16.3.4' }),
  ...on('192.168.1.1', { 'private-192': '192.168.1.1' }),
  ...on('100.100.100.200', { cgnat: '100.100.100.200' }),
  ...on('192.0.0.192', { oracle: '192.0.0.192' }),
  ...on('168.63.129.16', { azure: '168.63.129.16' }),
  ...on('199.36.153.8', { 'google-private': '199.36.153.8' }),
  ...on('35.199.192.10', { 'google-dns': '35.199.192.10' }),
  ...on('198.18.0.1', { benchmark: '198.18.0.1' }),
  ...on('192.0.2.1', { documentation: '192.0.2.1' }),
];
