import { createPrng } from '../prng.ts';

export interface Ticket {
  readonly id: number;
  readonly subject: string;
  readonly requester: string;
  readonly urgency: 'low' | 'normal' | 'high';
  /** ISO day. */
  readonly opened: string;
  readonly details: string;
}

export interface DeskData {
  readonly rooms: readonly string[];
  readonly tickets: readonly Ticket[];
}

const things = [
  'Projector',
  'Door badge',
  'Printer',
  'Heating',
  'Telephone',
  'Docking station',
  'Meeting room screen',
  'Coffee machine',
  'Window blind',
];
const troubles = [
  'does not turn on',
  'makes a loud noise',
  'is missing',
  'needs a new cable',
  'shows an error',
  'works only at times',
];
const people = ['Ada Wren', 'Milo Hart', 'Sofia Lund', 'Kofi Mensah', 'Greta Vogel', 'Iris Tan'];

export function generateDeskData(seed: number): DeskData {
  const prng = createPrng(seed ^ 0x5eed);
  const rooms = prng
    .shuffle(['North 12', 'North 14', 'Hall', 'Library', 'Garden wing', 'Workshop', 'Loft'])
    .slice(0, 5);
  const firstId = prng.int(300, 800);
  const tickets = Array.from({ length: 18 }, (_, index): Ticket => ({
    id: firstId + index,
    subject: `${prng.pick(things)} ${prng.pick(troubles)}`,
    requester: prng.pick(people),
    urgency: prng.pick<Ticket['urgency']>(['low', 'normal', 'normal', 'high']),
    opened: new Date(Date.UTC(2026, 4, 1 + index * 2)).toISOString().slice(0, 10),
    details: `Seen in ${prng.pick(rooms)}.`,
  }));
  return { rooms, tickets };
}
