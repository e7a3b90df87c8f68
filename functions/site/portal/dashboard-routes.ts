import { Router, json } from 'express';
import { text } from '../http-rules.ts';
import { activityPanel, dashboardPage } from './dashboard-pages.ts';
import type { Portal } from './portal-context.ts';

export function dashboardRoutes(portal: Portal): Router {
  const { ledger, theme } = portal;
  const router = Router();

  router.get('/', (request, response) => {
    response.send(
      dashboardPage(portal, 'called' in request.query ? theme.wording.callRequested : undefined),
    );
  });
  router.get('/panels/activity', (_request, response) => {
    response.send(activityPanel(portal));
  });
  router.post('/notes', json({ limit: '16kb' }), (request, response) => {
    const note = text(request.body, 'text', 200);
    ledger.append({ kind: 'note', marker: note, data: { text: note } });
    response.sendStatus(204);
  });
  router.post('/notices/acknowledge', (_request, response) => {
    ledger.append({ kind: 'acknowledgement' });
    response.sendStatus(204);
  });
  router.post('/callbacks', (request, response) => {
    const phone = text(request.body, theme.field('phone'), 40);
    ledger.append({ kind: 'callback', marker: phone, data: { phone } });
    response.redirect(303, '/?called');
  });
  return router;
}
