import type { PrefaceRefusal } from "../../../capture/before-tls/conversation.ts";
import type { Endpoint, TcpEvent } from "../../../capture/tcp/connection.ts";
import type { KeyLogEntry } from "../../../tls/keys/key-log.ts";

/** A connection that is traced, live or captured. */
export interface TracedConnection {
  readonly id: string;
  /** Ours, whose reading and writing its messages tell; of a capture it is the server's. */
  readonly side: "client" | "server";
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Live, our side shows a certificate from a file: what handclasp has for identities does not help with it. */
  readonly isFromFile?: boolean;
  /** The listener of a gateway that it came to. */
  readonly listener?: string;
  /** Its beginning was not seen. */
  readonly isHeadless?: boolean;
}

type OfOneConnection<Event> = Event extends unknown
  ? Omit<Event, "connection" | "packet"> & { readonly packet?: number }
  : never;

/** What happens on one connection: a live one speaks as one in a capture does, but that it has no packets. */
export type ConnectionEvent =
  | OfOneConnection<TcpEvent>
  /** What came before TLS, in order, and that the server refused to begin it, as far as that is known by now. */
  | {
      readonly kind: "before";
      readonly timeMs?: undefined;
      readonly packet?: undefined;
      readonly before: readonly string[];
      readonly refusal?: PrefaceRefusal;
    }
  /** A secret of this connection is known from now on. */
  | {
      readonly kind: "secret";
      readonly timeMs?: undefined;
      readonly packet?: undefined;
      readonly entry: KeyLogEntry;
    };
