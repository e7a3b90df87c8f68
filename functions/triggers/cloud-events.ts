import type { Letter } from '../../shared/bus/message-bus.ts';
import type { RunEvent, RunRequestReply } from '../../shared/contracts/run-event.ts';

export const CLOUD_EVENT = 'application/cloudevents+json';

/** A CloudEvent as a Pub/Sub message in structured mode; the attributes are for filters of subscriptions. */
export function letterOf(
  topic: string,
  event: RunEvent | RunRequestReply,
  attributes: Readonly<Record<string, string>>,
): Letter {
  return {
    topic,
    body: JSON.stringify(event),
    attributes: { 'content-type': CLOUD_EVENT, type: event.type, ...attributes },
  };
}
