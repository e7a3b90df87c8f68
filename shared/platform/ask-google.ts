import { GoogleAuth } from 'google-auth-library';

import { AppError } from '../core/errors.ts';
import type { AskGoogle } from './gcp-finding.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** As whoever is logged in on this machine; `standIn` is asked instead of Google. Errors: `unauthenticated` when nobody is. */
export function askGoogle(standIn?: string): AskGoogle {
  if (standIn !== undefined)
    return async (url, body) =>
      answer(url.replace(/^https:\/\//, `http://${standIn}/`), 'stand-in', body);
  const auth = new GoogleAuth({ scopes: [SCOPE] });
  return async (url, body) => {
    const token = await auth.getAccessToken().catch((error: unknown) => {
      throw new AppError(
        'unauthenticated',
        'nobody is logged in to Google Cloud here: gcloud auth application-default login',
        { cause: error },
      );
    });
    return answer(url, token ?? '', body);
  };
}

async function answer(
  url: string,
  token: string,
  body: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json().catch(() => null) };
}
