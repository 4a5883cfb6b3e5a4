/** Time is passed in, so that tests choose it. `nowMs`: epoch milliseconds; `monotonicMs`: never steps back. */
export interface Clock {
  nowMs(): number;
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
