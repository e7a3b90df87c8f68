import { AppError } from '../../shared/core/errors.ts';
import type { SessionHost } from '../executor/browser-session.ts';

/** Lets a session see everything: what is measured is the hands and eyes alone. */
export const openHost: SessionHost = {
  maskedValues: new Set(),
  assertMayShow: () => undefined,
  mayFetch: () => true,
  isLive: true,
  refusal: () => undefined,
  opensPrivate: () => true,
  refused: () => undefined,
  resolveText: async (text) => ({ text, secret: false }),
  saveArtifact: async () => {
    throw new AppError('internal', 'the pages of the bench give no files');
  },
};
