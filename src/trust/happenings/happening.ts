import type { ConnectionHappening } from "./connection-happening.ts";
import type { GatewayHappening } from "./gateway-happening.ts";
import type { PushHappening } from "./push-happening.ts";
import type { TrustChanges } from "./trust-changes.ts";
import type { WorkerHappening } from "./worker-happening.ts";

/** What changed in the trust store, in whichever process. Told once on a stream, before what it leads to. */
export interface Changed {
  readonly type: "changed";
  readonly changes: TrustChanges;
}

/** What is told as it happens, to whoever wants to hear it. Kept nowhere. */
export type Happening = ConnectionHappening | GatewayHappening | WorkerHappening | PushHappening | Changed;
export type HappeningType = Happening["type"];
export type HappeningOf<Type extends HappeningType> = Extract<Happening, { readonly type: Type }>;
