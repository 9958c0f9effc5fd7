import type { Endpoint } from "../../../capture/tcp/connection.ts";
import type { Sender } from "../../../tls/records/sender.ts";

/** A connection that is traced, live or captured. */
export interface TracedConnection {
  readonly id: string;
  /** Ours, whose reading and writing its messages tell; of a capture it is the server's. */
  readonly side: Sender;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Live, our side shows a certificate from a file: what handclasp has for identities does not help with it. */
  readonly isFromFile?: boolean;
  /** The listener of a gateway that it came to. */
  readonly listener?: string;
  /** Its beginning was not seen. */
  readonly isHeadless?: boolean;
}
