import type { BrowserContextOptions } from 'playwright-core';

import type { OpenOptions } from '../browser-session.ts';

const VIEWPORT = { width: 1_280, height: 720 };

/** The browser's words for how a run wants it; what the task contract leaves out stays as the browser has it. */
export function contextOptionsOf({ state, browser = {} }: OpenOptions): BrowserContextOptions {
  const { locale, timeZone, userAgent, geolocation, permissions } = browser;
  return {
    acceptDownloads: true,
    serviceWorkers: 'block',
    viewport: browser.viewport ?? VIEWPORT,
    ...(locale !== undefined && { locale }),
    ...(timeZone !== undefined && { timezoneId: timeZone }),
    ...(userAgent !== undefined && { userAgent }),
    ...(geolocation && {
      geolocation: {
        latitude: geolocation.latitude,
        longitude: geolocation.longitude,
        accuracy: geolocation.accuracyMeters,
      },
    }),
    ...(permissions && { permissions: [...permissions] }),
    ...(state && { storageState: state.storage as never }),
  };
}
