import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";
import { HandclaspError } from "../../errors.ts";
import { type BoundHandshake, Handshake, type HandshakePlace } from "../connection/handshake.ts";
import { bindHandshake, CURRENT_HANDSHAKE } from "../connection/handshake-of.ts";
import { Tap, tapOver } from "../tap/tap.ts";
import { boundFlight } from "./bound-flight.ts";
import { hardenServer } from "./harden-server.ts";
import { isProbe, tellErrors, tlsSocketOver } from "./tls-socket-over.ts";

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

export interface ReceptionSettings extends HandshakePlace {
  /** Whether alerts will be sealed, which takes secrets of the key log. */
  readonly alerts: boolean;
  readonly clientCertificate: "none" | "optional" | "required";
}

/** Who is told what clients do before their handshake is over. */
export interface ReceptionListener {
  /** A client sent more than a handshake takes: the error says what. It has to be refused. */
  cut(handshake: BoundHandshake, error: unknown): void;
  /** A client began a second handshake, in TLS 1.2. */
  renegotiated(handshake: Handshake, error: HandclaspError): void;
}

/** Follows the connections of a server through their handshakes: which socket each has, its secrets, what its client sends. */
export class Reception {
  readonly #server: Server;
  readonly #emit: Emit;
  readonly #settings: ReceptionSettings;
  readonly #listener: ReceptionListener;

  /** `emit` tells the server's own listeners. */
  constructor(server: Server, emit: Emit, settings: ReceptionSettings, listener: ReceptionListener) {
    this.#server = server;
    this.#emit = emit;
    this.#settings = settings;
    this.#listener = listener;
    // Both are read by the server for each connection; its types do not have them.
    const requestCert = settings.clientCertificate !== "none";
    Object.assign(server, { requestCert, rejectUnauthorized: false });
    hardenServer(server);
    // Without a listener Node does not ask OpenSSL for the key log.
    server.on("keylog", () => undefined);
  }

  /** A connection that the server has accepted. */
  meet(transport: Duplex): Handshake {
    if (!(transport instanceof Tap)) return new Handshake(transport, this.#settings);
    return new Handshake(transport.raw, this.#settings, transport.number);
  }

  /** Has the server put TLS over a transport. */
  greet(handshake: Handshake, transport: Duplex): boolean {
    const listeners = transport.listenerCount("error");
    const isHeard = CURRENT_HANDSHAKE.run(handshake, this.#emit, "connection", transport);
    // A tap may have been put there in between.
    const carrier = tapOver(handshake.transport) ?? transport;
    const socket = tlsSocketOver(carrier, carrier === transport ? listeners : 0);
    const bound = socket && bindHandshake(socket, handshake);
    if (bound !== handshake) return isHeard;
    handshake.isBounded = boundFlight({
      socket: bound.socket,
      transport: carrier,
      clientSecretLine: () => handshake.clientSecretLine,
      onCut: (error) => {
        // That the handshake failed is our doing, and told as a refusal.
        tellErrors(bound.socket, false);
        this.#listener.cut(bound, error);
      },
    });
    return isHeard;
  }

  /** Takes note of what the server emits; says whether that is for nobody else. */
  hears(event: string | symbol, args: readonly unknown[]): boolean {
    if (event === "tlsClientError") return isProbe(args[0], args[1] as TLSSocket);
    if (event !== "keylog") return false;
    this.#log(args[0] as Buffer, args[1] as TLSSocket);
    return this.#server.listenerCount("keylog") === 1;
  }

  #log(line: Buffer, socket: TLSSocket): void {
    const current = CURRENT_HANDSHAKE.getStore();
    const handshake = current?.socket === socket ? current : bindHandshake(socket, current);
    if (handshake?.log(line, this.#settings.alerts) !== true) return;
    const error = new HandclaspError("ERR_HANDCLASP_REFUSED", "the client renegotiated");
    this.#listener.renegotiated(handshake, error);
    socket.destroy();
  }
}
