import { type Runtime, SYSTEM } from "../../../../src/store/replica/runtime.ts";
import { PATIENCE_MS } from "../../../support/patience.ts";

/** As soon as something is waited for this long, it may be given up because the machine is slow. */
const SLOW_MS = 500;

/** The system's, but that nothing is given up for being late: what others are waited for takes as long as it takes. */
export const PATIENT: Runtime = {
  ...SYSTEM,
  after: (ms, call) => SYSTEM.after(ms < SLOW_MS ? ms : PATIENCE_MS, call),
};
