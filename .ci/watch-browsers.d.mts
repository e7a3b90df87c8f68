export interface SeenBrowser {
  readonly command: string;
  /** A seccomp filter was seen on it. */
  readonly filtered: boolean;
}
export function watchBrowsers(uid: number, folder: string): { stop(): SeenBrowser[] };
export function browserProblems(browsers: readonly SeenBrowser[]): string[];
