import type { ServerAddress } from "../../client/servers/server-address.ts";
import type { GatewayConfig } from "../../gateway/config/config.ts";
import type { MetricsServerOptions } from "../../gateway/metrics/metrics-server.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { TraceFormat } from "../trace/formats/format.ts";
import type { ServerIdentity } from "../identities/server-identity.ts";
import type { EventLog } from "../log/event-log.ts";
import type { LogDetail } from "../log/log-happenings.ts";

/** What accepts connections: this process, or several. */
export interface Accepting extends Pick<MetricsServerOptions, "reports" | "health"> {
  readonly store: TrustStore;
  readonly addresses: readonly ServerAddress[];
  /** Takes over another configuration, or throws and keeps the one it has. Returns the addresses. */
  readonly reload: (config: GatewayConfig) => Promise<readonly ServerAddress[]>;
  /** Lets connections finish as long as the configuration says. */
  readonly drain: () => Promise<void>;
  /** Ends all at once. */
  readonly stop: () => Promise<void>;
}

export interface AcceptOptions {
  readonly verb: string;
  readonly identity: ServerIdentity;
  readonly log: EventLog;
  readonly detail: LogDetail;
  readonly printCertificate: boolean;
  /** Printed on stdout. */
  readonly trace?: TraceFormat;
  /** For processes that are started: what opens the keys that are encrypted. */
  readonly passphraseFile?: string;
}
