import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Encounter } from "../../admission/encounter.ts";
import { ownPinsOf } from "../../admission/own-pins.ts";
import { sourceNetwork } from "../../trust/network/source-network.ts";
import type { KeyPin } from "../../x509/certificate-facts.ts";
import { nextConnectionNumber, toConnectionId } from "../../admission/connection-id.ts";
import type { RemoteAddressOf } from "./remote-address.ts";

/** What is the same for all connections of a guard. */
export interface HandshakePlace {
  readonly remoteAddressOf: RemoteAddressOf;
  readonly listener: string | null;
  readonly trustCa: "none" | "system" | "file";
}

/** A handshake whose TLS socket is known. */
export type BoundHandshake = Handshake & { readonly socket: TLSSocket };

/** One connection, from its first byte to its verdict. */
export class Handshake implements Encounter {
  /** What carries the bytes on the wire, below any tap. */
  readonly transport: Duplex;
  /** What its id is made of. */
  readonly number: number;
  /** Set by the first line of the key log, and then no other connection's secret can land here. */
  socket: TLSSocket | undefined;
  /** The key log line with the secret that seals an alert; dropped with the verdict. */
  secretLine: Buffer | undefined;
  /** The one with the secret that opens what the client sends, as long as the handshake lasts. */
  clientSecretLine: Buffer | undefined;
  /** How many TLS 1.2 handshakes this connection ran: the second is a renegotiation. */
  masterSecrets = 0;
  /** Whether its verdict is known, or being waited for. */
  isJudged = false;
  /** On the clock of `performance.now()`, as the next one. */
  readonly beganAt: number = performance.now();
  dueAt = 0;
  /** Whether what the client sends is bounded before OpenSSL gets it. */
  isBounded = false;

  readonly #place: HandshakePlace;
  #remoteAddress: string | undefined;
  #network: string | undefined;
  #id: string | undefined;

  constructor(transport: Duplex, place: HandshakePlace, number: number = nextConnectionNumber()) {
    this.transport = transport;
    this.number = number;
    this.#place = place;
  }

  /** Looked up when first asked for: the system call costs more than recognising the client. */
  get remoteAddress(): string | undefined {
    try {
      return (this.#remoteAddress ??= this.#place.remoteAddressOf(this.transport));
    } catch {
      return undefined;
    }
  }

  /** The name of the listener that it came to; null where it has none. */
  get listener(): string | null {
    return this.#place.listener;
  }

  /** What `sourceNetwork` says of the address. */
  get network(): string {
    return (this.#network ??= sourceNetwork(this.remoteAddress));
  }

  /** What `toConnectionId` says. */
  get id(): string {
    return (this.#id ??= toConnectionId(this.number));
  }

  /** To be asked for once its TLS is up: before that, nobody has proven the key. */
  get certificate(): Uint8Array | undefined {
    // `getPeerCertificate().raw` takes seven times as long: it decodes all the rest.
    return this.socket?.getPeerX509Certificate()?.raw;
  }

  get resumed(): boolean {
    return this.socket?.isSessionReused() === true;
  }

  /** A ticket remembers what the server that gave it out made of the certificate, which may be another one. */
  get caSigned(): boolean {
    return this.isVerified && !this.resumed;
  }

  /** Means something only with a certificate at hand: OpenSSL calls it verified when there is none, too. */
  get isVerified(): boolean {
    return this.#place.trustCa !== "none" && this.socket?.authorized === true;
  }

  get ownPins(): readonly KeyPin[] {
    const own = this.socket?.getX509Certificate()?.raw;
    return own === undefined ? [] : ownPinsOf(own);
  }

  /** Bytes handed to the transport so far; NaN when it does not count them. */
  get bytesSent(): number {
    return this.transport instanceof Socket ? this.transport.bytesWritten : Number.NaN;
  }

  /** Bytes that came over the transport so far; 0 when it does not count them. */
  get bytesReceived(): number {
    return this.transport instanceof Socket ? this.transport.bytesRead : 0;
  }

  /** Takes a line of the key log (RFC 9850) of its socket; says whether it was a renegotiation. */
  log(line: Buffer, keepSecret: boolean): boolean {
    const initial = line[0];
    if (initial === LETTER_S && line[SERVER_TRAFFIC] === LETTER_T) {
      // A later generation, logged as `_N`, starts its sequence numbers anew: no alert can follow it.
      this.secretLine = keepSecret && line[GENERATION] === DIGIT_0 ? line : undefined;
    } else if (initial === LETTER_C) {
      if (line[CLIENT_RANDOM] === LETTER_R) this.masterSecrets += 1;
      else if (line[CLIENT_RANDOM] === LETTER_H) this.clientSecretLine = line;
    }
    return this.masterSecrets > 1;
  }

  /** To be called with the verdict: nothing will be sealed or opened any more. */
  forgetSecrets(): void {
    this.secretLine = undefined;
    this.clientSecretLine = undefined;
  }
}

const LETTER_C = 0x43;
const LETTER_H = 0x48;
const LETTER_R = 0x52;
const LETTER_S = 0x53;
const LETTER_T = 0x54;
const DIGIT_0 = 0x30;
/** Where the labels differ: SERVER_TRAFFIC_SECRET_0 from SERVER_HANDSHAKE_…, CLIENT_RANDOM and CLIENT_HANDSHAKE_… from others. */
const SERVER_TRAFFIC = "SERVER_".length;
const CLIENT_RANDOM = "CLIENT_".length;
const GENERATION = "SERVER_TRAFFIC_SECRET_".length;
