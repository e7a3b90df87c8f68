import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from './ledger.ts';
import { listen } from './listen.ts';
import { createPayApp } from './pay/pay-app.ts';
import { createPortalApp } from './portal/portal-app.ts';
import type { Portal } from './portal/portal-context.ts';
import { generatePortalData } from './portal/portal-data.ts';
import { portalFacts } from './portal/portal-facts.ts';
import type { PortalFacts } from './portal/portal-facts.ts';
import { createTheme, variantOf } from './portal/theme.ts';
import type { Variant } from './portal/theme.ts';
import type { Wording } from './portal/wording-a.ts';
import { openSessions } from './sessions.ts';
import { createSignInGuard } from './sign-in-guard.ts';

export interface SiteOptions {
  /** Decides all data and, unless `variant` says otherwise, the wording. Seed 1 is variant A. */
  readonly seed: number;
  /** Ledger and sessions live here; one running site per directory. */
  readonly dataDir: string;
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly payPort?: number;
  /** Added to every answer of the pages. */
  readonly latencyMs?: number;
  readonly variant?: Variant;
  readonly now?: () => number;
}

export interface Site {
  readonly origin: string;
  readonly payOrigin: string;
  readonly ledgerPath: string;
  readonly variant: Variant;
  /** Never shown on a page. */
  readonly credentials: { readonly username: string; readonly password: string };
  /** The labels on the pages. */
  readonly wording: Wording;
  /** `yyyy`, `mm` and `dd` as text date fields want them. */
  readonly datePattern: string;
  readonly facts: PortalFacts;
  close(): Promise<void>;
}

/** Rejects with Node's error when a port is taken; nothing is left open then. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const {
    seed,
    dataDir,
    host = '127.0.0.1',
    port = 0,
    payPort = 0,
    latencyMs = 0,
    now = Date.now,
  } = options;
  const variant = options.variant ?? variantOf(seed);
  const theme = createTheme(variant);
  const data = generatePortalData(seed, theme.formats.invoicePrefix);
  const facts = portalFacts(data, theme.formats);
  mkdirSync(dataDir, { recursive: true });
  const ledger = openLedger(join(dataDir, 'ledger.jsonl'), now);
  const open: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(open.splice(0).map((server) => server.close()));
    ledger.close();
  };

  try {
    const portal: Portal = {
      theme,
      data,
      facts,
      ledger,
      sessions: openSessions(join(dataDir, 'sessions.json'), now),
      guard: createSignInGuard(ledger.entries()),
      now,
      cookieName: `portal_${seed}`,
      origins: { portal: '', pay: '' },
    };
    const payServer = await listen(createPayApp(portal, latencyMs), host, payPort);
    open.push(payServer);
    portal.origins.pay = payServer.origin;
    const portalServer = await listen(createPortalApp(portal, latencyMs), host, port);
    open.push(portalServer);
    portal.origins.portal = portalServer.origin;

    return {
      origin: portalServer.origin,
      payOrigin: payServer.origin,
      ledgerPath: ledger.path,
      variant,
      credentials: data.credentials,
      wording: theme.wording,
      datePattern: theme.formats.datePattern,
      facts,
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}
