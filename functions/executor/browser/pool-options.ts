import type { Egress } from '../egress/egress.ts';
import type { Memory } from './browser-memory.ts';

export interface BrowserPoolOptions {
  /** Where the packaged Chromium is unpacked, once for each version and user. */
  readonly cacheDir: string;
  /** Another Chromium than the packaged one; a full one may also show windows. */
  readonly executablePath?: string;
  /** Starts the browser's only network. Default: the egress proxy. */
  readonly openEgress?: () => Promise<Egress>;
  /** Environment of the browser's process; only what it needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** What a browser with a window needs of the environment to find its display. */
  readonly displayEnv?: Readonly<Record<string, string>>;
  /** Contexts at once, however much memory there is. Default: 64. */
  readonly maxContexts?: number;
  /** For tests: memory other than that of the container or machine. */
  readonly readMemory?: () => Promise<Memory | undefined>;
  readonly warn?: (message: string) => void;
}
