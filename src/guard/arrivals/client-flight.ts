import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { HandclaspError } from "../../errors.ts";
import { HelloMeter } from "./hello-meter.ts";
import { negotiatedSuite } from "../connection/negotiated-suite.ts";
import { type FlightSecret, ShownChain } from "./shown-chain.ts";

/** What may follow a ClientHello without being looked at: an ordinary client needs no more. */
const UNSEEN_BYTES = 2 * 1024;
/** What may follow it at all: the certificates (`ShownChain`), and a signature by the largest key. */
const MOST_BYTES = 80 * 1024;
/** What a client may still send after it was cut. */
const PATIENCE_BYTES = 256 * 1024;

/** What bounding a client's flight needs of its connection. */
export interface BoundConnection {
  readonly socket: TLSSocket;
  /** What TLS runs over. */
  readonly transport: Duplex;
  /** The key log line of CLIENT_HANDSHAKE_TRAFFIC_SECRET, once there is one. */
  readonly clientSecretLine: () => Buffer | undefined;
  /** Told why, once, when the client sent too much; its bytes go nowhere after that. */
  readonly onCut: (error: unknown) => void;
}

/**
 * What a client sends until its handshake is over, bounded before OpenSSL gets it: that verifies every signature of any
 * chain (docs/decisions/0029). Afterwards everything passes.
 */
export class ClientFlight {
  /** Called once everything may pass, `read` too. */
  onOpen: (() => void) | undefined;
  readonly #connection: BoundConnection;
  readonly #deliver: (bytes: Buffer) => void;
  readonly #hello = new HelloMeter();
  #state: "bounded" | "open" | "cut" = "bounded";
  /** How many bytes behind the hellos OpenSSL was given. */
  #passed = 0;
  /** Those bytes, until somebody looks at them. */
  #unseen: Buffer[] = [];
  #chain: ShownChain | undefined;
  /** What was looked at, and is not OpenSSL's yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** A few bytes that do not say yet what they are. */
  #pending: Buffer | undefined;
  #discarded = 0;

  /** `deliver` gives bytes to OpenSSL, which has dealt with them when it returns. */
  constructor(connection: BoundConnection, deliver: (bytes: Buffer) => void) {
    this.#connection = connection;
    this.#deliver = deliver;
  }

  /** What comes, in order; the bytes must not change afterwards. */
  read(bytes: Buffer): void {
    if (this.#state === "open") this.#deliver(bytes);
    else if (this.#state === "cut") this.#discard(bytes.length);
    else this.#bound(bytes);
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#pending !== undefined && this.#state === "bounded") this.#deliver(this.#pending);
    this.#pending = undefined;
  }

  #bound(chunk: Buffer): void {
    const bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = undefined;
    const hello = this.#hello.measure(bytes);
    if (hello > 0) this.#deliver(hello === bytes.length ? bytes : bytes.subarray(0, hello));
    const rest = hello === 0 ? bytes : bytes.subarray(hello);
    if (hello > 0 && this.#isResumed()) {
      this.#open(rest);
      return;
    }
    if (rest.length === 0) return;
    if (this.#hello.waits) {
      this.#pending = rest;
      return;
    }
    try {
      this.#boundFlight(rest);
    } catch (error) {
      this.#cut(error);
    }
  }

  #boundFlight(bytes: Buffer): void {
    let rest: Buffer | undefined = bytes;
    if (this.#chain === undefined) rest = this.#passUnseen(rest);
    if (rest !== undefined) rest = this.#passSound(rest);
    if (rest !== undefined) throw tooMuch();
  }

  /** What is left when OpenSSL has all that it gets unseen. */
  #passUnseen(bytes: Buffer): Buffer | undefined {
    const rest = this.#pass(bytes, UNSEEN_BYTES);
    if (this.#state !== "bounded") return undefined;
    this.#unseen.push(rest === undefined ? bytes : bytes.subarray(0, bytes.length - rest.length));
    return rest;
  }

  /** What is left when OpenSSL has all that it gets. Holds everything as long as the certificates are not whole. */
  #passSound(bytes: Buffer): Buffer | undefined {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (!this.#look().read(bytes)) {
      if (this.#passed + this.#heldBytes > MOST_BYTES) throw tooMuch();
      return undefined;
    }
    const held = this.#held.length === 1 ? bytes : Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return this.#pass(held, MOST_BYTES);
  }

  #look(): ShownChain {
    if (this.#chain !== undefined) return this.#chain;
    // Nobody can say where its messages begin.
    if (this.#hello.isTorn) throw tooMuch();
    this.#chain = new ShownChain(this.#secret());
    for (const bytes of this.#unseen) this.#chain.read(bytes);
    this.#unseen = [];
    return this.#chain;
  }

  #secret(): FlightSecret | undefined {
    const { socket, clientSecretLine } = this.#connection;
    const line = clientSecretLine();
    const suite = line && negotiatedSuite(socket);
    return line && suite && { line, suite };
  }

  /** Gives OpenSSL what the limit leaves, and all once the handshake is over. Returns what is left. */
  #pass(bytes: Buffer, limit: number): Buffer | undefined {
    const { socket } = this.#connection;
    const room = limit - this.#passed;
    const first = bytes.length <= room ? bytes : bytes.subarray(0, room);
    this.#passed += first.length;
    this.#deliver(first);
    if (socket.destroyed) this.#state = "cut";
    if (this.#state !== "bounded") return undefined;
    const rest = first.length === bytes.length ? undefined : bytes.subarray(room);
    if (!isOver(socket, rest !== undefined)) return rest;
    this.#open(rest);
    return undefined;
  }

  /** Whoever resumes a session of TLS 1.3 is asked for no certificate. RFC 8446 §4.3.2. */
  #isResumed(): boolean {
    const { socket, clientSecretLine } = this.#connection;
    // There is none before a second hello, which may bring no session.
    return clientSecretLine() !== undefined && socket.isSessionReused();
  }

  #open(rest: Buffer | undefined): void {
    this.#state = "open";
    this.#unseen = [];
    this.onOpen?.();
    if (rest !== undefined && rest.length > 0) this.#deliver(rest);
  }

  #cut(error: unknown): void {
    this.#state = "cut";
    this.#unseen = [];
    this.#held = [];
    this.#connection.onCut(error);
  }

  #discard(bytes: number): void {
    this.#discarded += bytes;
    if (this.#discarded > PATIENCE_BYTES) this.#connection.socket.destroy();
  }
}

/** `isAsked`: whether OpenSSL is to be asked; the server is told later where sessions are stored elsewhere. */
function isOver(socket: TLSSocket, isAsked: boolean): boolean {
  if (!secureConnecting(socket)) return true;
  return isAsked && socket.getPeerFinished() !== undefined;
}

/** Node's types do not have it. */
function secureConnecting(socket: TLSSocket): boolean {
  return Reflect.get(socket, "secureConnecting") !== false;
}

function tooMuch(): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_CERTIFICATE_MALFORMED",
    "the client sent too much for a handshake",
  );
}
