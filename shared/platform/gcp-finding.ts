export interface GcpFinding {
  readonly name: string;
  /** `note`: works, or cannot be told, and a person should know. */
  readonly state: 'ok' | 'note' | 'missing';
  readonly detail: string;
  /** Commands that make it. */
  readonly cure?: string;
}

/** Asks one of Google's REST APIs as whoever is logged in. */
export type AskGoogle = (url: string, body?: unknown) => Promise<{ status: number; body: unknown }>;
