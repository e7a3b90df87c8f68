/** A lease that was not renewed for so long, by the store's clock, is over. */
export const LEASE_MS = 30_000;
