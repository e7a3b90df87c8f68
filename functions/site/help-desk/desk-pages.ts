import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { Ticket } from './desk-data.ts';

/** Nothing here is shared with the portal on purpose: other words, other markup, other ways to lay out a form. */
function sheet(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} · House desk</title>
        <link rel="stylesheet" href="/desk.css" />
      </head>
      <body>
        <div id="top">
          <a href="/tickets">House desk</a>
          <a id="report" href="/tickets/report">Report a problem</a>
        </div>
        <div id="page">${body}</div>
      </body>
    </html>`.text;
}

export function ticketsPage(tickets: readonly Ticket[], search: string): string {
  return sheet(
    'Tickets',
    html`<h1>Tickets</h1>
      <form action="/tickets">
        <input
          type="search"
          name="q"
          aria-label="Search tickets"
          placeholder="Search tickets"
          value="${search}"
        /><button>Search</button>
      </form>
      <p>${tickets.length === 1 ? 'One ticket' : html`${tickets.length} tickets`}</p>
      <table>
        <tr>
          <th>Ticket
          <th>Subject
          <th>Requester
          <th>Urgency
          <th>Opened
        </tr>
        ${tickets.map(
          ({ id, subject, requester, urgency, opened }) =>
            html`<tr class="${urgency}">
              <td>#${id}
              <td><a href="/tickets/${id}">${subject}</a>
              <td>${requester}
              <td>${urgency}
              <td>${opened}
            </tr>`,
        )}
      </table>`,
  );
}

export function ticketPage(ticket: Ticket, created: boolean): string {
  return sheet(
    `#${ticket.id}`,
    html`${created && html`<p id="message" role="status">Ticket #${ticket.id} was created</p>`}
      <h1>#${ticket.id} ${ticket.subject}</h1>
      <p>${ticket.requester}, ${ticket.opened}, urgency ${ticket.urgency}</p>
      <p class="details">${ticket.details}</p>`,
  );
}

export interface ReportValues {
  readonly subject: string;
  readonly requester: string;
  readonly urgency: string;
  readonly room: string;
  readonly details: string;
}

export function reportPage(
  rooms: readonly string[],
  values: ReportValues,
  problems: readonly string[],
): string {
  const urgency = (value: string): Html =>
    html`<label
      ><input
        type="radio"
        name="urgency"
        value="${value}"
        ${values.urgency === value && html` checked`}
      />
      ${value}</label
    > `;
  return sheet(
    'Report a problem',
    html`<h1>Report a problem</h1>
      ${
        problems.length > 0 &&
        html`<ul id="problems" role="alert">
          ${problems.map((problem) => html`<li>${problem}</li>`)}
        </ul>`
      }
      <form method="post" action="/tickets/report">
        <p>
          <label>What is wrong? <input name="subject" value="${values.subject}" /></label>
        </p>
        <p>
          <label>Your name <input name="requester" value="${values.requester}" /></label>
        </p>
        <fieldset>
          <legend>Urgency</legend>
          ${['low', 'normal', 'high'].map(urgency)}
        </fieldset>
        <p>
          <label>Room <input name="room" list="rooms" value="${values.room}" /></label>
          <datalist id="rooms">${rooms.map((room) => html`<option value="${room}">`)}</datalist>
        </p>
        <p>
          <label>Details <textarea name="details" rows="4">${values.details}</textarea></label>
        </p>
        <p><input type="submit" value="Create ticket" /></p>
      </form>`,
  );
}

export const deskStyles = `
body { margin: 0; font: 16px/1.5 Georgia, "Liberation Serif", serif; color: #2b2622; background: #faf7f2; }
#top { display: flex; justify-content: space-between; padding: 16px 32px; background: #3d3a35; }
#top a { color: #fff; text-decoration: none; }
#page { max-width: 860px; margin: 0 auto; padding: 24px 32px; }
h1 { font-size: 26px; font-weight: normal; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: 8px 10px; border-bottom: 1px solid #ddd5c9; }
tr.high td { background: #fbeee6; }
a { color: #7a3b12; }
input:not([type=radio]), textarea, button { font: inherit; padding: 6px 10px; border: 1px solid #b5aa9b; border-radius: 3px; background: #fff; }
label > input:not([type=radio]), textarea { display: block; width: 100%; max-width: 480px; box-sizing: border-box; }
fieldset { border: 0; padding: 0; }
[type=submit], button { background: #7a3b12 !important; color: #fff; cursor: pointer; }
#message { padding: 10px 14px; background: #e9f2e4; }
#problems { padding: 10px 32px; background: #fbe9e5; }
.details { white-space: pre-wrap; }
`.trimStart();
