/** As a process does whose machine has no time for it: all its timers are due when it goes on, before anything that came is read. */
export function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
