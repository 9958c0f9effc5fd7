import type { IdentityPem } from "../client/identities/identity.ts";
import type { GuardOptions } from "../guard/options.ts";
import type { TicketKeys } from "../guard/tickets/ticket-keys.ts";
import type { FirstUseLimiter } from "../trust/limits/first-use-limits.ts";
import type { OnTrustError } from "../trust/trust-options.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import type { CertificateFiles, ListenerConfig } from "./config/config.ts";
import type { OnGatewayEvent } from "./gateway-event.ts";
import type { ListenOn } from "./listening/listener.ts";

/** What a gateway cannot know by itself. */
export interface GatewayContext {
  readonly store: TrustStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who acts, for events: what runs, with its process id. */
  readonly process: string;
  /** Key and certificate for a listener; undefined stands for the identity beside the store. */
  readonly identityOf: (files: CertificateFiles | undefined) => Promise<IdentityPem>;
  /** Makes OpenSSL trust a CA, for servers made from now on. */
  readonly useTrustCa: (ca: string) => NonNullable<GuardOptions["trustCa"]>;
  /** How many connections the process can have, whatever its listeners may; default no limit. */
  readonly maxConnections?: number;
  /** Pending keys kept at the most; default 1000. */
  readonly maxPending?: number;
  /** Limits first use; default for this process alone. */
  readonly limits?: FirstUseLimiter;
  /** Ticket keys that other processes share, for listeners that verify in the same way. */
  readonly ticketKeys?: (context: string) => TicketKeys;
  /** Where a listener really listens; default at its address, alone. */
  readonly listenOn?: (listener: ListenerConfig) => ListenOn | undefined;
  /** Names that `listenOn` has open sockets for and the configuration no listener: who comes there is turned away. */
  readonly parked?: readonly ListenerConfig["name"][];
  readonly onEvent: OnGatewayEvent;
  /** Told of failures that no caller waits for. */
  readonly onError: OnTrustError;
}
