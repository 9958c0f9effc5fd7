import type { Duplex } from "node:stream";
import type { SecureVersion } from "node:tls";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import type { IdentityPem } from "../identities/identity.ts";
import type { VerifyServer } from "../servers/judge-server.ts";
import type { KnownServers } from "../servers/known-servers.ts";
import type { ServerAddress } from "../servers/server-address.ts";
import type { SessionCache } from "./session-cache.ts";

/** What we show, and whom we take for the server, wherever that is. */
export interface ClientOptions {
  /** What we show when the server asks; nothing when left out. */
  readonly identity?: IdentityPem;
  readonly knownServers: KnownServers;
  /** What a server that was never met leads to; default `accept`. */
  readonly verifyServer?: VerifyServer;
  /** Called under `ask`, without a connection: the server learns nothing of us meanwhile. Left out, `ask` refuses. */
  readonly ask?: (server: MetServer) => Promise<boolean>;
  /** For SNI (RFC 6066 §3); default the host, if that is a name. Empty sends none. */
  readonly servername?: string;
  /** Default TLSv1.2. With TLSv1.3 no server that is refused ever sees our certificate. */
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly alpnProtocols?: readonly string[];
  /** From connecting to the end of the handshake; default 10 000. */
  readonly timeoutMs?: number;
  /** Where sessions are kept to be resumed. */
  readonly sessions?: SessionCache;
  /** Opens what TLS is to run over, for whoever listens in or goes through a proxy; default a TCP connection. */
  readonly openTransport?: (server: ServerAddress) => Promise<Duplex>;
  /** Told whom we talk to as soon as that is judged, before anything is sent, and even if the server refuses us. */
  readonly onServer?: (server: MetServer) => void;
  /** Told each line of the key log (RFC 9850): with it, the connection can be decrypted. */
  readonly onKeyLog?: (line: Buffer) => void;
}

export interface ConnectOptions extends ClientOptions, ServerAddress {
  /** Goes through a Unix socket or Windows pipe instead of TCP; the server is known as `HOST:PORT` all the same. */
  readonly socketPath?: string;
  /**
   * CAs as PEM: a server is let in by their signature and its name instead of by its key, and is neither looked up among
   * the known servers nor remembered.
   */
  readonly ca?: string;
  /** Gives up when it is aborted before there is a connection: its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** A server, and what it shows; under `ask`, one that was never met. */
export interface MetServer {
  /** `HOST:PORT`. */
  readonly address: string;
  readonly facts: CertificateFacts;
}
