import type { Route } from './route.ts';
import { APPROVAL_ROUTES } from './routes/approval-routes.ts';
import { ARTIFACT_ROUTES } from './routes/artifact-routes.ts';
import { AUDIT_ROUTES } from './routes/audit-routes.ts';
import { DELIVERY_ROUTES } from './routes/delivery-routes.ts';
import { EVENT_ROUTES } from './routes/event-routes.ts';
import { IDENTITY_ROUTES } from './routes/identity-routes.ts';
import { PLATFORM_ROUTES } from './routes/platform-routes.ts';
import { RUN_ROUTES } from './routes/run-routes.ts';
import { SCHEDULE_ROUTES } from './routes/schedule-routes.ts';
import { SECRET_ROUTES } from './routes/secret-routes.ts';
import { TAKE_OVER_ROUTES } from './routes/take-over-routes.ts';
import { TEMPLATE_ROUTES } from './routes/template-routes.ts';
import { TENANT_ROUTES } from './routes/tenant-routes.ts';
import { WEBHOOK_ROUTES } from './routes/webhook-routes.ts';

/** The API. The router, the OpenAPI document and the tests that go through every route are made from this table. */
export const ROUTES: readonly Route[] = [
  ...RUN_ROUTES,
  ...EVENT_ROUTES,
  ...APPROVAL_ROUTES,
  ...TAKE_OVER_ROUTES,
  ...ARTIFACT_ROUTES,
  ...TEMPLATE_ROUTES,
  ...SCHEDULE_ROUTES,
  ...SECRET_ROUTES,
  ...WEBHOOK_ROUTES,
  ...DELIVERY_ROUTES,
  ...AUDIT_ROUTES,
  ...IDENTITY_ROUTES,
  ...TENANT_ROUTES,
  ...PLATFORM_ROUTES,
];
