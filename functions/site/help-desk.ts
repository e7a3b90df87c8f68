import { join } from 'node:path';
import { createDeskApp } from './help-desk/desk-app.ts';
import { generateDeskData } from './help-desk/desk-data.ts';
import type { DeskData, Ticket } from './help-desk/desk-data.ts';
import { openLedger } from './ledger.ts';
import { listen } from './listen.ts';

export interface HelpDeskOptions {
  readonly seed: number;
  readonly dataDir: string;
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly latencyMs?: number;
  readonly now?: () => number;
}

export interface HelpDesk {
  readonly origin: string;
  readonly ledgerPath: string;
  /** Ground truth for tests. */
  readonly facts: DeskData & { readonly newestTicket: Ticket };
  close(): Promise<void>;
}

/** A second site that shares no word and no markup with the portal: a planner that knows one by heart fails on the other. */
export async function startHelpDesk(options: HelpDeskOptions): Promise<HelpDesk> {
  const { seed, dataDir, host = '127.0.0.1', port = 0, latencyMs = 0, now = Date.now } = options;
  const data = generateDeskData(seed);
  const ledger = openLedger(join(dataDir, 'help-desk-ledger.jsonl'), now);
  try {
    const server = await listen(createDeskApp({ data, ledger, now }, latencyMs), host, port);
    return {
      origin: server.origin,
      ledgerPath: ledger.path,
      facts: { ...data, newestTicket: data.tickets.at(-1) as Ticket },
      async close() {
        await server.close();
        ledger.close();
      },
    };
  } catch (cause) {
    ledger.close();
    throw cause;
  }
}
