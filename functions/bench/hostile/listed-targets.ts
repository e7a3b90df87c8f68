/** Something that must not be reached. */
export interface Target {
  readonly name: string;
  /** What follows `http://`. */
  readonly host: string;
  /** The browser itself refuses it in a page, so no proxy hears of it: ports that it blocks, names and passwords in addresses. */
  readonly unheard?: true;
}

/** Hosts that the task contract lists, and that stand where nobody may go: what their names resolve to, one list an answer. */
export const LISTED: readonly (Target & { readonly answers?: readonly (readonly string[])[] })[] = [
  { name: 'name-private', host: 'private.test', answers: [['10.0.0.1']] },
  { name: 'name-loopback', host: 'loop.test', answers: [['127.0.0.1']] },
  { name: 'name-link-local', host: 'link-local.test', answers: [['169.254.169.254']] },
  { name: 'name-cgnat', host: 'cgnat.test', answers: [['100.100.100.200']] },
  { name: 'name-zero', host: 'zero.test', answers: [['0.0.0.0']] },
  { name: 'name-mixed', host: 'mixed.test', answers: [['93.184.216.11', '10.0.0.1']] },
  {
    name: 'name-mixed-first',
    host: 'mixed-first.test',
    answers: [['169.254.169.254', '93.184.216.11']],
  },
  { name: 'name-azure', host: 'azure.test', answers: [['168.63.129.16']] },
  { name: 'name-google-private', host: 'googleapis.test', answers: [['199.36.153.8']] },
  { name: 'name-google-dns', host: 'google-dns.test', answers: [['35.199.192.10']] },
  { name: 'listed-metadata', host: 'metadata.google.internal', answers: [['169.254.169.254']] },
  { name: 'listed-link-local', host: '169.254.169.254' },
  { name: 'listed-compatible', host: '[::a9fe:a9fe]' },
  { name: 'listed-mapped', host: '[::ffff:a9fe:a9fe]' },
  { name: 'listed-nat64', host: '[64:ff9b::a9fe:a9fe]' },
  { name: 'listed-6to4', host: '[2002:a9fe:a9fe::]' },
  { name: 'listed-teredo', host: '[2001:0:a9fe:a9fe::1]' },
  { name: 'listed-metadata-v6', host: '[fd20:ce::254]' },
];
