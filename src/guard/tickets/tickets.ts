import { randomBytes } from "node:crypto";
import type { Server } from "node:tls";
import type { KeyPin } from "../../x509/certificate-facts.ts";
import { TicketHolders } from "./ticket-holders.ts";
import type { TicketKeys } from "./ticket-keys.ts";

const WHIM_EVERY_MS = 60_000;

/** The session tickets of one server: what seals them, and who may have one. */
export class Tickets {
  readonly #server: Server;
  readonly #keys: TicketKeys | undefined;
  readonly #holders = new TicketHolders();
  readonly #stop: (() => void) | undefined;
  readonly #whimEveryMs: number;
  /** On the clock of `performance.now()`. */
  #nextWhimAt = 0;
  #later: NodeJS.Timeout | undefined;

  constructor(server: Server, keys: TicketKeys | undefined, whimEveryMs: number = WHIM_EVERY_MS) {
    this.#server = server;
    this.#keys = keys;
    this.#whimEveryMs = whimEveryMs;
    keepTicketKeys(server);
    this.#stop = keys?.onChange(() => this.#useCurrent());
    this.#useCurrent();
  }

  add(pin: KeyPin): void {
    this.#holders.add(pin);
  }

  /** Whether a key may have a ticket that works. */
  mayHold(pin: KeyPin): boolean {
    return this.#keys?.holdersUnknown === true || this.#holders.has(pin);
  }

  /** From here on every client has to show its key again. */
  void(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#holders.clear();
    if (this.#keys === undefined) this.#server.setTicketKeys(randomBytes(48));
    else this.#keys.renew();
  }

  /** The same for what clients can bring about at will: once a minute at the most, or one could keep all from resuming. */
  voidSoon(): void {
    if (this.#later !== undefined) return;
    const inMs = this.#nextWhimAt - performance.now();
    if (inMs <= 0) this.#voidByWhim();
    else this.#later = setTimeout(() => this.#voidByWhim(), inMs).unref();
  }

  stop(): void {
    clearTimeout(this.#later);
    this.#stop?.();
  }

  #voidByWhim(): void {
    this.#nextWhimAt = performance.now() + this.#whimEveryMs;
    this.void();
  }

  #useCurrent(): void {
    if (this.#keys !== undefined) this.#server.setTicketKeys(toBuffer(this.#keys.current));
  }
}

/** With another certificate Node would take up the keys again that the server was made with, or others. */
function keepTicketKeys(server: Server): void {
  const setSecureContext = server.setSecureContext.bind(server);
  server.setSecureContext = (options) => {
    const keys = server.getTicketKeys();
    setSecureContext(options);
    server.setTicketKeys(keys);
  };
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
