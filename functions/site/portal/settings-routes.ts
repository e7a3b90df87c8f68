import { createHash } from 'node:crypto';
import { Router, json, raw } from 'express';
import { text } from '../http-rules.ts';
import type { Portal } from './portal-context.ts';
import { helpPage, settingsPage } from './settings-pages.ts';
import type { SettingsState } from './settings-pages.ts';
import { fill } from './theme.ts';

export function settingsRoutes(portal: Portal): Router {
  const { ledger, theme } = portal;
  const { wording, field } = theme;
  const router = Router();

  const latest = (kind: string, name: string, initial: string): string => {
    const value = ledger.entries().findLast((entry) => entry.kind === kind)?.data[name];
    return typeof value === 'string' ? value : initial;
  };
  const state = (notice?: string): SettingsState => ({
    note: latest('standing-note', 'text', ''),
    displayName: latest('profile', 'displayName', portal.data.displayName),
    threshold: latest('threshold', 'value', '50'),
    ...(notice === undefined ? {} : { notice }),
  });

  router.get('/settings', (request, response) => {
    response.send(
      settingsPage(portal, state('saved' in request.query ? wording.saved : undefined)),
    );
  });
  router.get('/settings/help', (_request, response) => {
    response.send(helpPage(portal));
  });
  router.post('/settings/note', json({ limit: '16kb' }), (request, response) => {
    const note = text(request.body, 'text', 4000);
    ledger.append({ kind: 'standing-note', marker: note.slice(0, 200), data: { text: note } });
    response.sendStatus(204);
  });
  router.post('/settings/profile', (request, response) => {
    ledger.append({
      kind: 'profile',
      data: { displayName: text(request.body, field('display-name'), 80) },
    });
    response.redirect(303, '/settings?saved');
  });
  router.post('/settings/threshold', (request, response) => {
    ledger.append({
      kind: 'threshold',
      data: { value: text(request.body, field('threshold'), 3) },
    });
    response.redirect(303, '/settings?saved');
  });

  router.post(
    '/settings/uploads',
    raw({ type: 'multipart/form-data', limit: '2mb' }),
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Express 5 hands rejections to the error handler
    async (request, response) => {
      const file = await uploadedFile(
        request.body,
        request.get('Content-Type') ?? '',
        field('file'),
      );
      if (file === undefined) {
        response.status(422).send(settingsPage(portal, state(wording.noFile)));
        return;
      }
      // The name is only ever shown and the content only hashed: nothing a visitor sends becomes a file.
      const bytes = Buffer.from(await file.arrayBuffer());
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const name = file.name.slice(0, 200);
      ledger.append({ kind: 'upload', marker: name, data: { name, bytes: bytes.length, sha256 } });
      response.send(
        settingsPage(portal, state(fill(wording.uploaded, { name, bytes: bytes.length }))),
      );
    },
  );

  return router;
}

async function uploadedFile(
  body: unknown,
  contentType: string,
  name: string,
): Promise<File | undefined> {
  if (!Buffer.isBuffer(body)) return undefined;
  const form = await new Response(new Uint8Array(body), {
    headers: { 'Content-Type': contentType },
  })
    .formData()
    .catch(() => undefined);
  const file = form?.get(name);
  return file instanceof File && file.name !== '' ? file : undefined;
}
