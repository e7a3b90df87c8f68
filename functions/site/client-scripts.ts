import { readFileSync } from 'node:fs';
import { Router } from 'express';

/** The files of `client/` by name: a closed list, so no path of a request ever reaches the disk. */
const scripts = [
  'checkout',
  'combobox',
  'dashboard',
  'date-picker',
  'order-form',
  'payments',
  'settings',
] as const;
export type ClientScript = (typeof scripts)[number];

export function clientScripts(names: readonly ClientScript[] = scripts): Router {
  const router = Router();
  for (const name of names) {
    const source = readFileSync(new URL(`./client/${name}.client.js`, import.meta.url), 'utf8');
    router.get(`/assets/${name}.client.js`, (_request, response) => {
      response.type('text/javascript').send(source);
    });
  }
  return router;
}
