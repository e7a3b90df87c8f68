import type { Config } from '../core/config.ts';
import { noTelemetry, type Attributes, type Telemetry } from './telemetry.ts';

/** Google Cloud's own OTLP endpoint, for traces and metrics. */
const GOOGLE = 'https://telemetry.googleapis.com';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** A token of the service's own identity for each export; a failure to get one fails the export, and nothing else. */
async function googleHeaders(project: string): Promise<() => Promise<Record<string, string>>> {
  const { GoogleAuth } = await import('google-auth-library');
  const auth = new GoogleAuth({ scopes: [SCOPE] });
  return async () => {
    const token = await auth.getAccessToken().catch(() => undefined);
    return {
      'x-goog-user-project': project,
      ...(typeof token === 'string' && { authorization: `Bearer ${token}` }),
    };
  };
}

/** As the configuration says; the SDK is loaded only where it is on. */
export async function openTelemetry(
  config: Pick<Config, 'telemetry'>,
  service: { readonly name: string; readonly instance: string },
): Promise<Telemetry> {
  const { exporter, endpoint, sampleRatio, project } = config.telemetry;
  if (exporter === 'off') return noTelemetry;
  const [{ createOtelTelemetry }, { OTLPTraceExporter }, { OTLPMetricExporter }] =
    await Promise.all([
      import('./otel-telemetry.ts'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/exporter-metrics-otlp-http'),
    ]);
  const isGoogle = exporter === 'google';
  const base = (isGoogle ? GOOGLE : endpoint).replace(/\/+$/, '');
  const headers = isGoogle ? await googleHeaders(project ?? '') : {};
  const resource: Attributes = {
    'service.name': service.name,
    'service.instance.id': service.instance,
    ...(project !== undefined && { 'gcp.project_id': project }),
  };
  return createOtelTelemetry({
    spans: new OTLPTraceExporter({ url: `${base}/v1/traces`, headers }),
    metrics: new OTLPMetricExporter({ url: `${base}/v1/metrics`, headers }),
    sampleRatio,
    resource,
  });
}
