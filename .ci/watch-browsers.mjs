import { readFileSync, readdirSync, statSync } from 'node:fs';

const EVERY_MS = 40;

/** Collects, by pid, every Chromium process of a user that was started from under a folder. */
export function watchBrowsers(uid, folder) {
  const seen = new Map();
  const look = () => {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const found = inspect(pid, uid, folder);
      if (found) seen.set(pid, merge(seen.get(pid), found));
    }
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return [...seen.values()];
    },
  };
}

// A process that ends while being read is simply gone.
function inspect(pid, uid, folder) {
  try {
    if (statSync(`/proc/${pid}`).uid !== uid) return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    if (!command.includes(folder) || !/chrom|headless_shell/.test(command.split(' ')[0])) {
      return undefined;
    }
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return { command, filtered: /^Seccomp:\s*2$/m.test(status) };
  } catch {
    return undefined;
  }
}

// Renderers start unfiltered and lock themselves in: what counts is that they got there.
function merge(before, now) {
  return { command: now.command, filtered: now.filtered || before?.filtered === true };
}

/** What is wrong with the browsers seen; none at all is wrong too. */
export function browserProblems(browsers) {
  const renderers = browsers.filter(({ command }) => command.includes('--type=renderer'));
  const open = browsers.filter(({ command }) => /--(no|disable-[a-z-]*)-?sandbox/.test(command));
  return [
    ...(renderers.length > 0 ? [] : ['no Chromium renderer was seen while the demo ran']),
    ...open
      .slice(0, 1)
      .map(({ command }) => `Chromium ran without its sandbox: ${command.slice(0, 300)}`),
    ...(renderers.some(({ filtered }) => filtered) || renderers.length === 0
      ? []
      : ['no renderer had a seccomp filter: the sandbox was off']),
  ];
}
