/** How one ownership of a run came to its end. */
export type SessionEnd = 'ended' | 'parked' | 'shutdown' | 'lease-lost' | 'browser-lost';

/** Why a wait for a person gave no answer. */
export type Interruption = SessionEnd | 'cancelled';
