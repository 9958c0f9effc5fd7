import type { Upstream } from "../../config/config.ts";
import type { ConnectLimits } from "../../upstream/upstream.ts";
import type { ConnectionTimes } from "./connection-times.ts";

/** What the ways to an upstream have in common. */
export interface TransportOptions extends ConnectLimits {
  readonly to: Upstream;
  /** Until the answer begins. */
  readonly headTimeoutMs: number;
  /** Without a byte either way after that; 0 for no limit. */
  readonly idleTimeoutMs: number;
  readonly times: ConnectionTimes;
}
