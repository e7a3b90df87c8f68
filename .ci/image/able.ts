import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { getuid } from 'node:process';

const PACKAGES = ['mmdebstrap', 'debian-archive-keyring'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const works = (command: string, ...words: string[]): boolean =>
  spawnSync(command, words, { stdio: 'ignore' }).status === 0;

/** Why an image cannot be made on this machine; undefined when it can. mmdebstrap is installed where apt-get is. */
export function cannotMakeImages(): string | undefined {
  if (getuid?.() !== 0) return 'mount and chroot need root';
  if (!works('unshare', '--mount', '--pid', '--fork', 'true'))
    return 'this machine lets nobody make a mount namespace';
  if (!works('mmdebstrap', '--version') || !existsSync(KEYRING)) {
    if (!works('apt-get', '--version')) return 'mmdebstrap is missing, and apt-get to install it';
    const install = ['install', '--yes', '--no-install-recommends', ...PACKAGES];
    const installed = (): boolean => works('apt-get', ...install);
    if (!installed() && !(works('apt-get', 'update') && installed()))
      return `${PACKAGES.join(' and ')} cannot be installed: apt-get reaches no archive`;
  }
  // Fetches the lists of packages and nothing else.
  if (works('mmdebstrap', '--quiet', '--simulate', '--variant=essential', 'trixie', '/dev/null'))
    return undefined;
  return "Debian's archive does not answer";
}
