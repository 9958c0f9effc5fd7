import type { ServerAddress } from "../../client/servers/server-address.ts";
import type { Remedy } from "../../remedy.ts";
import type { Lease, LeaseGrant, LeaseReport } from "../../trust/limits/leased-limits.ts";
import type { CrossingType } from "../../trust/happenings/crossing.ts";
import type { ListenerConfig } from "../config/config.ts";
import type { ConfigMessage } from "./config-message.ts";
import type { HappeningsBatch } from "./happenings-sender.ts";
import type { TicketSecrets } from "../tickets/ticket-keyring.ts";

/** What a worker starts with. */
export interface WorkerStart {
  readonly config: ConfigMessage;
  /** Open sockets that it has, by the names of listeners; for all others it opens its own. */
  readonly sockets: readonly (readonly [listener: ListenerConfig["name"], fd: number])[];
  readonly secrets: TicketSecrets;
  /** What it is to tell of. */
  readonly heard: readonly CrossingType[];
  /** How many first uses it may let through before it asks. */
  readonly lease: Lease;
}

/** From the primary to a worker. All of it is plain JSON. */
export type ToWorker =
  | ({ readonly type: "start" } & WorkerStart)
  /** The first half of a reload, for everybody; the other one for all who answered that they can, or for none. */
  | { readonly type: "prepare"; readonly id: number; readonly config: ConfigMessage }
  | { readonly type: "commit" | "abandon"; readonly id: number }
  | { readonly type: "tickets"; readonly secrets: TicketSecrets }
  | ({ readonly type: "grant" } & LeaseGrant)
  /** What it is to tell of from now on. */
  | { readonly type: "hear"; readonly types: readonly CrossingType[] }
  | { readonly type: "report"; readonly id: number }
  | { readonly type: "health"; readonly id: number }
  /** Accept nothing any more, let what runs finish, end. */
  | { readonly type: "drain" };

/** From a worker to the primary. */
export type FromWorker =
  | { readonly type: "listening"; readonly addresses: readonly ServerAddress[] }
  | { readonly type: "failed"; readonly error: WorkerError }
  | { readonly type: "prepared"; readonly id: number; readonly error: WorkerError | null }
  | { readonly type: "committed"; readonly id: number }
  | { readonly type: "renew"; readonly generation: number }
  | ({ readonly type: "spent" } & LeaseReport)
  | ({ readonly type: "happenings" } & HappeningsBatch)
  | { readonly type: "report"; readonly id: number; readonly report: WorkerReport }
  | { readonly type: "health"; readonly id: number; readonly unready: string | null };

/** A `HandclaspError` that crosses processes. */
export interface WorkerError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly remedies: readonly Remedy[];
}

/** What a process counted. */
export interface WorkerReport {
  /** Its metrics as prom-client's `getMetricsAsJSON` has them. */
  readonly metrics: readonly object[];
}

/** How a process that accepts connections is. */
export interface Health {
  /** Its event loop runs: it answered. */
  readonly awake: boolean;
  /** Why no client could be let in; null when one could. */
  readonly unready: string | null;
}
