import type { CutReason } from "../../trust/happenings/cut-reason.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import type { TrustChanges } from "../../trust/happenings/trust-changes.ts";
import type { Server, TlsOptions } from "node:tls";
import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import type { ReceivePending } from "../../guard/refusal/waiting-room.ts";
import type { Desk } from "../../trust/port/desk.ts";
import type { Client } from "../access/allow-list.ts";
import type { RequestLists } from "../access/welcome.ts";
import type { ListenerConfig } from "../config/config.ts";

/** What a service is made of. */
export interface ServiceContext<Config extends ListenerConfig = ListenerConfig> {
  readonly config: Config;
  /** Key, certificate, versions and whatever else the server has to have. */
  readonly tls: TlsOptions;
  /**
   * Whether a client is in a list like `allow` of the configuration, and would be without some groups, by folded name.
   * Looks groups up, so it is true only now.
   */
  readonly isAllowed: (client: Client, allow: readonly string[], without?: readonly string[]) => boolean;
  /** As `Desk` has it. */
  readonly lookedAt: Desk["lookedAt"];
  /** How many connections to the upstream the process has files for; default no limit. */
  readonly mostUpstream?: number;
  readonly happenings: Happenings;
  /** Ends a connection, and tells why. */
  readonly cut: (connection: GuardedConnection, reason: CutReason) => void;
  /** Told of each request that a list denies, and in words which and what: hostile text. */
  readonly onDenied: (connection: GuardedConnection, words: string) => void;
}

/** What becomes of the connections of a listener that were let in; there is one for each mode. */
export interface Service {
  /**
   * Will be guarded, and never listens: connections come by `emit("connection")`. What Node's servers set up on
   * 'listening' the service has to bring about itself.
   */
  readonly server: Server;
  /** Tells pending clients that they wait, where the configuration wants that; they come nowhere else. */
  readonly receivePending?: ReceivePending;
  /**
   * Ends what runs for a path that its client may not have any more: by other configurations, of which each has to allow
   * it by itself, or by a group that it left.
   */
  rejudge(configs?: readonly RequestLists[], changes?: TrustChanges): void;
  /**
   * Asks a connection that is too old to end; says whether it can be asked, and else it is cut. What still runs after 30
   * seconds is cut, too.
   */
  expire(connection: GuardedConnection): boolean;
  /** From now on nothing new comes: what runs is asked to end, and may take its time. */
  drain(): void;
  /** Lets go of what it holds besides connections. Those are gone by then. */
  close(): void;
}
