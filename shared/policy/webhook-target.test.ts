import { describe, expect, it } from 'vitest';

import { webhookRule } from './webhook-target.ts';

describe('where webhooks may go', () => {
  const rule = webhookRule(['intranet.example:8443', '10.9.9.9:80'], false);

  it.each([
    'https://hooks.example/',
    'https://hooks.example:8443/a?b=c',
    'https://93.184.216.34/',
    'https://intranet.example:8443/',
    'http://10.9.9.9/',
  ])('takes %s', (url) => {
    expect(rule(url, []).secure).toBe(url.startsWith('https'));
  });

  it.each([
    'http://hooks.example/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://localhost/',
    'https://a.localhost:8443/',
    'https://10.1.2.3/',
    'https://10.9.9.9:8080/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://169.254.169.254/',
    'https://metadata.google.internal/',
    'https://metadata.google.internal./',
    'https://hooks.example:22/',
    'https://user:pass@hooks.example/',
    'https://hooks.example/#x',
  ])('refuses %s, in words that say nothing of addresses', (url) => {
    expect(() => rule(url, [])).toThrow(/^url: [^0-9]*(port \d+ is not one)?[^0-9]*$/);
  });

  it('opens for one tenant exactly what stands in its list, and never a metadata service', () => {
    expect(rule('http://10.1.2.3:8080/', ['10.1.2.3:8080']).opened).toBe(true);
    expect(() => rule('http://10.1.2.3:8081/', ['10.1.2.3:8080'])).toThrow('not public');
    for (const host of ['169.254.169.254:80', 'metadata:80'])
      expect(() => rule(`http://${host}/`, [host])).toThrow(/^url: /);
  });

  it('takes addresses of the machine where its owner makes the webhook', () => {
    const own = webhookRule([], true);
    expect(own('http://localhost:9000/', []).opened).toBe(true);
    expect(own('http://127.0.0.1:9000/', []).opened).toBe(true);
    expect(() => own('http://169.254.169.254/', [])).toThrow(/^url: /);
    expect(() => own('http://hooks.example/', [])).toThrow('https');
  });
});
