import { randomId } from '../core/ids.ts';

/**
 * What a message carries beside its body. Pub/Sub gives a copy of a message a new id, and counts every delivery, also those that
 * must not count: so both are kept here.
 */
export interface Travel {
  /** The id that `publish` answered with; the same for every copy. */
  readonly messageId: string;
  /** Attempts before this copy was made. */
  readonly attempts: number;
  /** This copy is for one subscription; the others acknowledge it unseen. */
  readonly only: string | undefined;
}

const ID = 'rodexId';
const ATTEMPTS = 'rodexAttempts';
export const ONLY = 'rodexOnly';
export const REASON = 'rodexReason';

export function newTravel(): Travel {
  return { messageId: randomId('msg'), attempts: 0, only: undefined };
}

export function toAttributes(
  travel: Travel,
  attributes: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...attributes,
    [ID]: travel.messageId,
    ...(travel.attempts > 0 && { [ATTEMPTS]: String(travel.attempts) }),
    ...(travel.only !== undefined && { [ONLY]: travel.only }),
  };
}

/** `id` is Pub/Sub's own, of a message that somebody else published. */
export function toTravel(attributes: Readonly<Record<string, string>>, id: string): Travel {
  const attempts = Number(attributes[ATTEMPTS] ?? 0);
  return {
    messageId: attributes[ID] ?? id,
    attempts: Number.isInteger(attempts) && attempts > 0 ? attempts : 0,
    only: attributes[ONLY],
  };
}

/** Pub/Sub's filter for a subscription; the emulator stores it and delivers all the same. */
export function filterOf(subscription: string): string {
  return `NOT attributes:${ONLY} OR attributes.${ONLY} = "${subscription}"`;
}
