import express from 'express';
import type { Express } from 'express';
import {
  failures,
  latency,
  notFound,
  sameOriginPosts,
  securityHeaders,
  text,
} from '../http-rules.ts';
import type { Ledger } from '../ledger.ts';
import type { DeskData, Ticket } from './desk-data.ts';
import { deskStyles, reportPage, ticketPage, ticketsPage } from './desk-pages.ts';

export interface Desk {
  readonly data: DeskData;
  readonly ledger: Ledger;
  readonly now: () => number;
}

export function createDeskApp(desk: Desk, latencyMs: number): Express {
  const { data, ledger, now } = desk;
  const app = express();
  app.disable('x-powered-by');
  app.use(
    securityHeaders(() => ({})),
    latency(latencyMs),
    sameOriginPosts,
  );
  const tickets = (): Ticket[] => [
    ...data.tickets,
    ...ledger
      .entries()
      .filter(({ kind }) => kind === 'ticket')
      .map((entry) => entry.data['ticket'] as Ticket),
  ];

  app.get('/__health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/__ledger', (_request, response) => {
    response.json(ledger.entries());
  });
  app.get('/desk.css', (_request, response) => {
    response.type('text/css').send(deskStyles);
  });
  app.get('/favicon.ico', (_request, response) => {
    response.sendStatus(204);
  });
  app.get('/', (_request, response) => {
    response.redirect(303, '/tickets');
  });
  app.get('/tickets', (request, response) => {
    const search = text(request.query, 'q', 100);
    const words = search.toLowerCase();
    const found = tickets().filter(({ id, subject, requester }) =>
      `#${id} ${subject} ${requester}`.toLowerCase().includes(words),
    );
    response.send(ticketsPage(found.toReversed(), search));
  });
  app.get('/tickets/report', (_request, response) => {
    response.send(
      reportPage(
        data.rooms,
        { subject: '', requester: '', urgency: 'normal', room: '', details: '' },
        [],
      ),
    );
  });
  app.post(
    '/tickets/report',
    express.urlencoded({ extended: false, limit: '32kb', parameterLimit: 20 }),
    (request, response) => {
      const read = (name: string): string => text(request.body, name, 2000);
      const [subject, requester, room, details] = [
        read('subject'),
        read('requester'),
        read('room'),
        read('details'),
      ];
      const urgency = (['low', 'normal', 'high'] as const).find(
        (known) => known === read('urgency'),
      );
      const problems = [
        ...(subject === '' || subject.length > 120
          ? ['Say what is wrong in 1 to 120 characters.']
          : []),
        ...(requester === '' || requester.length > 80 ? ['Give your name.'] : []),
        ...(data.rooms.includes(room) ? [] : ['Choose a room from the list.']),
      ];
      if (problems.length > 0 || urgency === undefined) {
        const values = { subject, requester, urgency: urgency ?? '', room, details };
        response
          .status(422)
          .send(
            reportPage(
              data.rooms,
              values,
              urgency === undefined ? [...problems, 'Choose an urgency.'] : problems,
            ),
          );
        return;
      }
      const id = Math.max(...tickets().map((ticket) => ticket.id)) + 1;
      const opened = new Date(now()).toISOString().slice(0, 10);
      const ticket: Ticket = {
        id,
        subject,
        requester,
        urgency,
        opened,
        details: `${details}\nSeen in ${room}.`.trim(),
      };
      ledger.append({ kind: 'ticket', marker: subject, data: { ticket } });
      response.redirect(303, `/tickets/${id}?created`);
    },
  );
  app.get('/tickets/:id', (request, response, next) => {
    const ticket = tickets().find(({ id }) => String(id) === request.params.id);
    if (ticket === undefined) next();
    else response.send(ticketPage(ticket, 'created' in request.query));
  });
  app.use(notFound, failures);
  return app;
}
