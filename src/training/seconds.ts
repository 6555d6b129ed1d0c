/** Seconds since a time of `performance.now()`. */
export const seconds = (since: number): number => (performance.now() - since) / 1000;
