import { ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';

import { spanIdOf, traceIdOf } from '../core/trace-ids.ts';
import { EntryMetrics } from './entry-metrics.ts';
import { EntrySpans } from './entry-spans.ts';
import type { Attributes, SpanRecord, Telemetry } from './telemetry.ts';

export interface OtelOptions {
  readonly spans: SpanExporter;
  readonly metrics: PushMetricExporter;
  /** Share of runs that are traced, whole or not at all: decided by the trace's id, so all processes agree. */
  readonly sampleRatio: number;
  /** `service.name`, `service.version` and the like. */
  readonly resource: Attributes;
  readonly metricsEveryMs?: number;
}

/** OpenTelemetry's SDK with ids of ours, so that spans of several processes meet in one trace without having heard of each other. */
export function createOtelTelemetry(options: OtelOptions): Telemetry {
  const resource = resourceFromAttributes({ ...options.resource });
  const next = { traceId: '', spanId: '' };
  const traces = new TracerProvider({
    resource,
    sampler: new TraceIdRatioBasedSampler(options.sampleRatio),
    // Asked in the same call that sets them.
    idGenerator: { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId },
    spanProcessors: [new BatchSpanProcessor({ exporter: options.spans })],
  });
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: options.metrics,
        exportIntervalMillis: options.metricsEveryMs ?? 60_000,
      }),
    ],
  });
  const tracer = traces.getTracer('rodex');
  const fromEntries = new EntrySpans();
  const counted = new EntryMetrics(meters.getMeter('rodex'));

  function emit(record: SpanRecord): void {
    const { runId, name, key, startMs, endMs, attributes, error } = record;
    next.traceId = traceIdOf(runId);
    next.spanId = spanIdOf(runId, ...key);
    const { traceId } = next;
    const above =
      key.length === 0
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: spanIdOf(runId, ...(record.parent ?? [])),
            traceFlags: TraceFlags.SAMPLED,
          });
    const span = tracer.startSpan(
      name,
      { startTime: startMs, attributes: { ...attributes } },
      above,
    );
    if (error !== undefined) {
      span.setAttribute('error.type', error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    }
    span.end(Math.max(startMs, endMs));
  }

  return {
    entries: (committed) => {
      for (const each of committed) {
        counted.read(each);
        for (const record of fromEntries.read(each)) emit(record);
      }
    },
    span: emit,
    modelUsed: (use) => counted.modelUsed(use),
    openRuns: (byStatus) => counted.openRuns(byStatus),
    close: async () => {
      await Promise.allSettled([traces.shutdown(), meters.shutdown()]);
    },
  };
}
