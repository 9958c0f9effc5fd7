import { HandclaspError } from "../../errors.ts";
import { parseEvent, type SealedEvent } from "../../trust/records/events.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { toTrustChanges } from "../../trust/trust-change.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** A server that a connection is open to. */
export interface LiveServer {
  /** `HOST:PORT`. */
  readonly address: string;
  readonly pin: KeyPin;
  /** Whether its key is trusted there now. */
  readonly isTrusted: () => boolean;
  /** Told once, when it is trusted no more. */
  readonly onDistrusted: (error: HandclaspError) => void;
}

/** An end of an approval is no event, so somebody has to look. */
const LOOK_EVERY_MS = 1000;

/** Servers with open connections: looked at when trust changes, in whichever process, and when an approval may end. */
export class LiveServers {
  readonly #store: Pick<TrustStore, "key" | "onAnew" | "onEvents">;
  readonly #servers = new Set<LiveServer>();
  /** Those whose approval ends. */
  readonly #ending = new Set<LiveServer>();
  #stopListening: (() => void) | undefined;
  #look: NodeJS.Timeout | undefined;

  constructor(store: Pick<TrustStore, "key" | "onAnew" | "onEvents">) {
    this.#store = store;
  }

  /** Returns how to stop; nothing is listened to while nothing is open. */
  add(server: LiveServer): () => void {
    // First, as it throws where the store cannot be read.
    this.#noteEnd(server);
    this.#servers.add(server);
    this.#stopListening ??= this.#listen();
    return () => this.#delete(server);
  }

  #listen(): () => void {
    const stopAnew = this.#store.onAnew(() => {
      for (const server of this.#servers) if (!server.isTrusted()) this.#distrust(server);
    });
    const stop = this.#store.onEvents((events) => this.#changed(events));
    return () => {
      stopAnew();
      stop();
    };
  }

  #delete(server: LiveServer): void {
    this.#servers.delete(server);
    this.#ending.delete(server);
    this.#stopLooking();
    if (this.#servers.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #changed(sealed: readonly SealedEvent[]): void {
    const events = sealed.flatMap(({ json }) => parseEvent(json) ?? []);
    // That another server was met changes nothing about these; an event that cannot be read may.
    if (events.length === sealed.length && events.every(({ type }) => type === "met")) return;
    const changes = toTrustChanges(events, () => []);
    for (const server of this.#servers) {
      // It may be trusted again before anybody heard that it was not.
      const fell = changes.get(server.pin)?.fell !== undefined;
      if (fell || !server.isTrusted()) this.#distrust(server);
      else this.#noteEnd(server);
    }
  }

  #noteEnd(server: LiveServer): void {
    const expires = this.#store.key(server.pin)?.expires ?? null;
    if (expires === null) {
      if (this.#ending.delete(server)) this.#stopLooking();
      return;
    }
    this.#ending.add(server);
    this.#look ??= setInterval(() => {
      for (const one of this.#ending) if (!one.isTrusted()) this.#distrust(one);
    }, LOOK_EVERY_MS).unref();
  }

  #stopLooking(): void {
    if (this.#ending.size > 0) return;
    clearInterval(this.#look);
    this.#look = undefined;
  }

  #distrust(server: LiveServer): void {
    this.#delete(server);
    server.onDistrusted(noLongerTrusted(server));
  }
}

/** Why a connection that was judged and found good is ended all the same. */
export function noLongerTrusted({ address, pin }: Pick<LiveServer, "address" | "pin">): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_REFUSED",
    `the key of ${escapeText(address)} is no longer trusted here\n  it showed    ${toKeyId(pin)}`,
    { details: { address, pin } },
  );
}
