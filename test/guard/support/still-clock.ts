import { after, before, mock } from "node:test";

/** Has no time pass for guards in the surrounding suite: a client may take as long as a slow machine does. */
export function stillClock(): void {
  let goOn: (() => void) | undefined;
  before(() => {
    const now = performance.now();
    const still = mock.method(performance, "now", () => now);
    goOn = () => still.mock.restore();
  });
  after(() => goOn?.());
}
