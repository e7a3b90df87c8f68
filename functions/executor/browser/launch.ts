import { homedir } from 'node:os';
import { stripVTControlCharacters } from 'node:util';

import { chromium, type Browser } from 'playwright-core';

import { AppError } from '../../../shared/core/errors.ts';
import type { Egress } from '../egress/egress.ts';
import { BrowserProcesses } from './browser-memory.ts';
import { findChromium } from './chromium-binary.ts';
import { DownloadLimit } from './download-limit.ts';
import type { BrowserPoolOptions } from './pool-options.ts';

/** Playwright's own list (a test compares them): of two such flags Chromium takes the last. */
const DISABLED_FEATURES = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'TcpPortRandomizationWin',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'msForceBrowserSignIn',
  'msEdgeUpdateLaunchServicesPreferredVersion',
  // Ours: after each click and key the page's own tasks would wait for the next frame, up to 16 ms, and whoever waits for them too.
  'DeferRendererTasksAfterInput',
];

const FLAGS = [
  `--disable-features=${DISABLED_FEATURES.join(',')}`,
  '--site-per-process',
  // With the proxy: nothing else looks up a name or sends a datagram (`npm run hostile -- --only leak` measures it on every Chromium).
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  '--disable-quic',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--disable-gpu',
];

/** A browser that runs. */
export interface Running {
  readonly browser: Browser;
  readonly version: string;
  readonly sandboxed: boolean;
  readonly processes: BrowserProcesses;
  readonly egress: Egress;
  readonly downloadLimit: DownloadLimit;
}

/** Throws `browser_missing`, `browser_launch_failed`, `unsupported_platform`, `disk_full`. */
export async function launch(
  options: BrowserPoolOptions,
  headed: boolean,
  egress: Egress,
): Promise<Running> {
  if (headed && options.executablePath === undefined)
    throw new AppError(
      'browser_missing',
      'browser.headed: the packaged Chromium has no window; set RODEX_CHROMIUM_PATH to a full Chromium, or leave headed out',
    );
  const binary = await findChromium(options);
  const sandboxed = process.getuid?.() !== 0;
  if (!sandboxed)
    options.warn?.(
      'Chromium runs WITHOUT its sandbox, because this process is root: run Rodex as another user, above all on pages you do not trust',
    );
  let browser: Browser;
  try {
    browser = await chromium.launch({
      executablePath: binary.path,
      headless: !headed,
      chromiumSandbox: sandboxed,
      args: FLAGS,
      env: { HOME: homedir(), ...options.env, ...(headed && options.displayEnv), ...binary.env },
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
      // For what belongs to no context: without credentials nothing leaves.
      proxy: { server: egress.server },
    });
  } catch (error) {
    throw launchError(error, headed);
  }
  try {
    const [processes, downloadLimit] = await Promise.all([
      BrowserProcesses.of(browser),
      DownloadLimit.of(browser),
    ]);
    return { browser, version: browser.version(), sandboxed, processes, egress, downloadLimit };
  } catch (error) {
    await browser.close().catch(() => undefined);
    throw launchError(error, headed);
  }
}

const DISPLAY =
  ' A window needs a display: set DISPLAY (xvfb-run makes one), or leave browser.headed out.';
const SANDBOX = ' The sandbox needs user namespaces (kernel.unprivileged_userns_clone, AppArmor).';

function launchError(error: unknown, headed: boolean): AppError {
  const message = stripVTControlCharacters((error as Error).message);
  const lines = message.split('\n').map((line) => line.trim());
  // The command line is echoed too; what went wrong is in the browser's own words.
  const said = lines.filter(
    (line) => /\b(ERROR|FATAL)\b|No usable sandbox|error while/.test(line) && !/dbus/.test(line),
  );
  const told = [lines[0] ?? '', ...said.slice(0, 2)].join(' ').slice(0, 600);
  const cure =
    headed && /missing x server|cannot open display|ozone|\$DISPLAY/i.test(message)
      ? DISPLAY
      : said.some((line) => /sandbox|namespace/i.test(line))
        ? SANDBOX
        : '';
  return new AppError('browser_launch_failed', `Chromium does not start: ${told}.${cure}`, {
    cause: error,
    retryable: !headed,
  });
}
