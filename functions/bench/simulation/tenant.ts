/** Whose runs are simulated. */
export const TENANT = 'local';
/** Who uses the same platform meanwhile. */
export const NEIGHBOUR = 'neighbour';
