import { z } from 'zod';

const Text = z.string().min(1);

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).format(0) !== '';
  } catch {
    return false;
  }
}

function isProxy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, pathname, search, hash, username, password } = new URL(text);
  return (
    /^(https?|socks5):$/.test(protocol) &&
    host !== '' &&
    (pathname === '' || pathname === '/') &&
    `${search}${hash}${username}${password}` === ''
  );
}

/**
 * How the browser of a run is set up; what is absent has a safe default: headless, 1280x720, the browser's own user agent and language, UTC as the
 * machine has it, no permission, no place, no saved profile.
 */
export const BrowserOptions = z.strictObject({
  /** A window that somebody may watch; needs `RODEX_CHROMIUM_PATH` with a full Chromium, and a display. */
  headed: z.boolean().optional(),
  /** CSS pixels. */
  viewport: z
    .strictObject({ width: z.int().min(320).max(3_840), height: z.int().min(240).max(2_160) })
    .optional(),
  locale: Text.max(35).refine(isLocale, 'a language tag such as de-AT').optional(),
  timeZone: Text.max(60).refine(isTimeZone, 'a time zone such as Europe/Vienna').optional(),
  userAgent: z
    .string()
    .regex(/^[\u0020-\u007e]{1,500}$/, 'printable ASCII on one line, 500 characters at most')
    .optional(),
  geolocation: z
    .strictObject({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      accuracyMeters: z.number().min(0).max(100_000).default(10),
    })
    .optional(),
  /** What the sites of the contract may do without asking; everything else is denied. */
  permissions: z
    .array(z.enum(['geolocation', 'notifications', 'clipboard-read', 'clipboard-write']))
    .max(4)
    .optional(),
  /** The way out of the browser for this run, behind the platform's own proxy where there is one. */
  proxy: z
    .strictObject({
      server: z
        .string()
        .max(300)
        .refine(isProxy, 'a proxy such as http://proxy.example:3128, without user or path'),
      /** Name of a stored secret `user:password` whose origins name the proxy; see `contract.secrets`. */
      credentials: z.string().max(63).optional(),
    })
    .refine(
      ({ server, credentials }) => credentials === undefined || /^https?:/.test(server),
      'credentials are for http and https proxies only; Chromium has none for socks5',
    )
    .optional(),
  /**
   * Log-ins kept from run to run under this name: cookies and storage of the contract's sites, encrypted, of this tenant only.
   * They are loaded when the run begins and saved when it succeeds.
   */
  profile: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes')
    .optional(),
});
export type BrowserOptions = z.infer<typeof BrowserOptions>;

/** What is recorded of a run for looking at it later. `actions`: our own log of steps as JSON lines. */
export const TracePart = z.enum(['actions', 'playwright', 'har', 'screencast']);
export type TracePart = z.infer<typeof TracePart>;
