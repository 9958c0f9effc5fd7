import { recordListeners } from "../../../../src/operator/known-server.ts";
import { Operator } from "../../../../src/operator/operator.ts";
import { toSeenCertificate } from "../../../../src/trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import type { RefusalSighting } from "../../../../src/trust/port/ledger.ts";
import type { Actor } from "../../../../src/trust/records/events.ts";
import type { KeyPin } from "../../../../src/trust/records/key-record.ts";
import type { CertificateFacts } from "../../../../src/x509/certificate-facts.ts";
import { createIdentity } from "../../../../src/x509/create-identity.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS: number = 60 * MINUTE_MS;
export const DAY_MS: number = 24 * HOUR_MS;

/** Where a client came from. */
export interface CameFrom {
  readonly address?: string;
  readonly listener?: string;
}

/** Puts into a store what a gateway and its operators would have, at moments that are told as how long ago they are. */
export class SceneWriter {
  readonly store: TrustStore;
  readonly #now: number;
  #connections = 0;

  constructor(store: TrustStore, now: number = Date.now()) {
    this.store = store;
    this.#now = now;
  }

  at(agoMs: number): number {
    return this.#now - agoMs;
  }

  /** An operator at a command line, at that moment. */
  operator(agoMs: number, user: string = "mira"): Operator {
    return new Operator(this.store, { user, process: "trust 4711", now: () => this.at(agoMs) });
  }

  /** A server that was started, for whoever invites clients. */
  async startServer(pin: KeyPin, address: string): Promise<void> {
    const [host = "", port] = address.split(":");
    await recordListeners(this.store, [{ address, host, port: Number(port), pin }], this.at(30 * DAY_MS));
  }

  /** A new key with a certificate that claims this name. */
  async client(name: string, agoMs: number): Promise<CertificateFacts> {
    const { facts } = await createIdentity({ name, now: new Date(this.at(agoMs)), days: 400 });
    return facts;
  }

  /**
   * Meets a client at first use, which an open window is counted for if there is one; of a name that is taken nothing but a
   * conflict comes.
   */
  async meet(
    name: string,
    agoMs: number,
    from: CameFrom & { readonly byWindow?: boolean } = {},
  ): Promise<CertificateFacts> {
    const facts = await this.client(name, agoMs);
    await this.store.apply({
      type: "claim",
      ...this.#origin(agoMs, from),
      peer: facts.claimedName ?? name,
      source: "first-use",
      ...(from.byWindow === true && { whileOpen: "refuse" as const }),
      certificate: toSeenCertificate(facts),
      pendingExpires: this.at(agoMs) + 7 * DAY_MS,
      maxPending: 100_000,
    });
    return facts;
  }

  /** Has a client come with a token, by its id. */
  async join(token: string, name: string, agoMs: number, from: CameFrom = {}): Promise<CertificateFacts> {
    const facts = await this.client(name, agoMs);
    const certificate = toSeenCertificate(facts);
    await this.store.apply({ type: "join", ...this.#origin(agoMs, from), token, certificate });
    return facts;
  }

  /** Has a client wait for approval, and refuses it as often as it tried. */
  async wait(
    name: string,
    agoMs: number,
    from: CameFrom & { readonly tries?: number } = {},
  ): Promise<CertificateFacts> {
    const facts = await this.client(name, agoMs);
    await this.store.apply({
      type: "hold",
      ...this.#origin(agoMs, from),
      peer: facts.claimedName ?? null,
      certificate: toSeenCertificate(facts),
      conflictsWith: null,
      pendingExpires: this.at(agoMs) + 7 * DAY_MS,
      maxPending: 100_000,
    });
    const { claimedName: peer = null, pin } = facts;
    await this.refuse("pending", agoMs, { ...from, pin, peer, count: from.tries ?? 1 });
    return facts;
  }

  /** Puts refusals on record; `count` of them until a moment ago. */
  async refuse(
    reason: RefusalSighting["reason"],
    agoMs: number,
    of: CameFrom & Partial<Pick<RefusalSighting, "pin" | "peer" | "detail" | "problem" | "count">> = {},
  ): Promise<string> {
    const { address = "192.0.2.7", listener = "main", pin = null, peer = null } = of;
    const { detail = null, problem = null, count = 1 } = of;
    const connection = this.#connection();
    const refusal: RefusalSighting = {
      pin,
      reason,
      detail,
      problem,
      fingerprint: null,
      peer,
      address,
      listener,
      connection,
      count,
      firstAt: this.at(agoMs),
      lastAt: this.at(agoMs / 2),
    };
    await this.store.record({ seen: [], refusals: [refusal], opened: [], closed: [] });
    return connection;
  }

  /** Has a peer be seen, and hold a connection that is open as long as the store is. */
  async connect(facts: CertificateFacts, peer: string, sinceMs: number, from: CameFrom = {}): Promise<void> {
    const { address = "192.0.2.7", listener = "main" } = from;
    const { pin } = facts;
    const since = this.at(sinceMs);
    const opened = { id: this.#connection(), pin, peer, remoteAddress: address, listener, since };
    await this.store.record({ seen: [{ pin, at: since }], refusals: [], opened: [opened], closed: [] });
  }

  #connection(): string {
    this.#connections += 1;
    return `c${this.#now.toString(36)}${String(this.#connections).padStart(4, "0")}`;
  }

  #origin(
    agoMs: number,
    { address = "192.0.2.7", listener = "main" }: CameFrom,
  ): { at: number; actor: Actor } {
    return { at: this.at(agoMs), actor: { user: null, process: "gateway 812", address, listener } };
  }
}
