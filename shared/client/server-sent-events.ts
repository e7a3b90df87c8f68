import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';

/** Events of a `text/event-stream` response as they come; cancels the body when the consumer stops. */
export async function* readServerSentEvents(response: Response): AsyncIterable<EventSourceMessage> {
  if (!response.body) return;
  const events = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  yield* events;
}
