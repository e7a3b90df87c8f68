import express from 'express';
import type { Express } from 'express';
import { clientScripts } from '../client-scripts.ts';
import { failures, latency, notFound, sameOriginPosts, securityHeaders } from '../http-rules.ts';
import { dashboardRoutes } from './dashboard-routes.ts';
import { invoiceRoutes } from './invoice-routes.ts';
import { orderRoutes } from './order-routes.ts';
import type { Portal } from './portal-context.ts';
import { settingsRoutes } from './settings-routes.ts';
import { requireSession, signInRoutes } from './sign-in-routes.ts';
import { stylesheet } from './stylesheet.ts';

export function createPortalApp(portal: Portal, latencyMs: number): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(securityHeaders(() => ({ frames: portal.origins.pay })));
  app.use(latency(latencyMs));
  app.get('/__health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/__ledger', (_request, response) => {
    response.json(portal.ledger.entries());
  });
  const styles = stylesheet(portal.theme);
  app.get('/assets/portal.css', (_request, response) => {
    response.type('text/css').send(styles);
  });
  app.get('/favicon.ico', (_request, response) => {
    response.sendStatus(204);
  });
  app.use(clientScripts());

  app.use(sameOriginPosts);
  app.use(express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 50 }));
  app.use(signInRoutes(portal));
  app.use(requireSession(portal));
  app.use(
    dashboardRoutes(portal),
    invoiceRoutes(portal),
    orderRoutes(portal),
    settingsRoutes(portal),
  );
  app.use(notFound, failures);
  return app;
}
