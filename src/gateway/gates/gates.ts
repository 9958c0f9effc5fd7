import type { IdentityPem } from "../../client/identities/identity.ts";
import type { GuardOptions } from "../../guard/options.ts";
import type { TicketKeys } from "../../guard/tickets/ticket-keys.ts";
import { type FirstUseLimiter, FirstUseLimits } from "../../trust/limits/first-use-limits.ts";
import type { Policy } from "../../trust/records/policy.ts";
import { Trust } from "../../trust/trust.ts";
import { tellTrustChanges } from "../../trust/trust-change.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { GatewayConfig, ListenerConfig } from "../config/config.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import type { OnServer } from "../service/opened-server.ts";
import { Gate } from "./gate.ts";
import { newSecret, TicketKeyring } from "../tickets/ticket-keyring.ts";

/** What gates cannot know by themselves. */
export interface GatesContext {
  readonly store: TrustStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who acts, for events: what runs, with its process id. */
  readonly process: string;
  /** Makes OpenSSL trust a CA, for servers made from now on. */
  readonly useTrustCa: (ca: string) => NonNullable<GuardOptions["trustCa"]>;
  /** How many connections the process can have, whatever its listeners may; default no limit. */
  readonly maxConnections?: number;
  /** Pending keys kept at the most; default 1000. */
  readonly maxPending?: number;
  /** Limits first use; default for this process alone. */
  readonly limits?: FirstUseLimiter;
  /** Ticket keys that other processes share, for listeners that verify in the same way. */
  readonly ticketKeys?: (context: string) => TicketKeys;
  /** Where all that happens is told, failures that no caller waits for too. */
  readonly happenings: Happenings;
  readonly onServer?: OnServer;
}

/** The gates of a gateway, those of former configurations too, as long as they have connections. */
export class Gates {
  readonly #context: GatesContext;
  readonly #limits: FirstUseLimiter;
  /** One for each policy: they judge differently, over the same store. */
  readonly #trusts = new Map<string, Trust>();
  readonly #ticketKeys: (context: string) => TicketKeys;
  readonly #gates = new Map<Gate, string>();
  /** Once for all: guards tell it on no stream that others flow into. */
  readonly #stopTelling: () => void;

  constructor(context: GatesContext) {
    this.#context = context;
    this.#stopTelling = tellTrustChanges(context.store, context.happenings);
    this.#limits = context.limits ?? new FirstUseLimits();
    const secrets = { generation: 0, current: newSecret(), holdersUnknown: true };
    const keyring = new TicketKeyring(secrets, () => undefined);
    this.#ticketKeys = context.ticketKeys ?? ((name) => keyring.keysFor(name));
  }

  /** Connections of all gates, those in their handshake included. */
  get open(): number {
    let open = 0;
    for (const gate of this.#gates.keys()) open += gate.open;
    return open;
  }

  /** A gate for a listener, which is at `place` from one configuration to the next. */
  create(config: ListenerConfig, place: string, identity: IdentityPem): Gate {
    const { store, useTrustCa, happenings, onServer } = this.#context;
    const gate = new Gate({
      config,
      trust: this.#trustFor(config.policy),
      groups: store,
      lookedAt: (pin) => store.lookedAt(pin),
      identity,
      trustCa: useTrustCa(config.trustCa),
      ticketKeys: this.#ticketKeys(ticketContext(config)),
      mostConnections: this.#context.maxConnections ?? Number.POSITIVE_INFINITY,
      happenings,
      ...(onServer && { onServer }),
    });
    this.#gates.set(gate, place);
    return gate;
  }

  /** Certificates and CAs may be others though the configuration is the same. */
  present(gate: Gate, identity: IdentityPem): void {
    const { useTrustCa, happenings } = this.#context;
    try {
      useTrustCa(gate.config.trustCa);
      gate.present(identity);
    } catch (error) {
      happenings.tell({ type: "failed", connection: undefined, listener: gate.config.name, error });
    }
  }

  /** Goes on until its last connection is gone. */
  retire(gate: Gate): void {
    gate.drain();
    void gate.empty().then(() => this.discard(gate));
  }

  /** Ends it with all its connections. */
  discard(gate: Gate): void {
    gate.close();
    this.#gates.delete(gate);
  }

  /** What a configuration forbids is over for connections of all former ones, too. Where it has nothing, nobody comes in any more. */
  restrict({ listeners }: GatewayConfig, placeOf: (listener: ListenerConfig) => string): void {
    const places = new Map(listeners.map((listener) => [placeOf(listener), listener]));
    for (const [gate, place] of this.#gates) {
      const now = listeners.find(({ name }) => name === gate.config.name) ?? places.get(place);
      if (now === undefined) gate.giveUpHandshakes();
      else gate.restrict(now);
    }
  }

  /** Asks what runs to end. Nothing new may come. */
  drain(): void {
    for (const gate of this.#gates.keys()) gate.drain();
  }

  /** Ends connections that did not come through their handshake yet. */
  giveUpHandshakes(): void {
    for (const gate of this.#gates.keys()) gate.giveUpHandshakes();
  }

  /** Resolves when the last connection is gone. */
  async empty(): Promise<void> {
    await Promise.all(Array.from(this.#gates.keys(), (gate) => gate.empty()));
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    for (const gate of this.#gates.keys()) gate.close();
    this.#gates.clear();
    this.#stopTelling();
    for (const trust of this.#trusts.values()) await trust[Symbol.asyncDispose]();
    this.#trusts.clear();
  }

  #trustFor(policy: Policy): Trust {
    const { firstUse, bind, validity, rotation } = policy;
    const name = [firstUse, bind, validity, rotation].join(" ");
    const { store, now, process, happenings, maxPending } = this.#context;
    let trust = this.#trusts.get(name);
    if (trust === undefined) {
      trust = new Trust(store, {
        policy,
        limits: this.#limits,
        now,
        monotonic: () => performance.now(),
        process,
        onError: (error, listener) =>
          happenings.tell({ type: "failed", connection: undefined, listener, error }),
        ...(maxPending !== undefined && { maxPending }),
      });
      this.#trusts.set(name, trust);
    }
    return trust;
  }
}

/** All that the sessions of a listener are verified by. */
function ticketContext({ name, clientCertificate, trustCa }: ListenerConfig): string {
  return JSON.stringify([name, clientCertificate, trustCa]);
}
