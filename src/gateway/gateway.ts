import type { ServerAddress } from "../client/server-address.ts";
import type { IdentityPem } from "../client/identity.ts";
import type { GuardOptions } from "../guard/options.ts";
import type { TicketKeys } from "../guard/ticket-keys.ts";
import { type FirstUseLimiter, FirstUseLimits } from "../trust/first-use-limits.ts";
import type { Policy } from "../trust/policy.ts";
import type { TrustStore } from "../trust/trust-store.ts";
import { Trust } from "../trust/trust.ts";
import type { CertificateFiles, GatewayConfig, ListenerConfig } from "./config.ts";
import { Gate } from "./gate.ts";
import type { OnGatewayEvent } from "./gateway-event.ts";
import { type ListenOn, Listener } from "./listener.ts";

/** What a gateway cannot know by itself. */
export interface GatewayContext {
  readonly store: TrustStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who acts, for events: what runs, with its process id. */
  readonly process: string;
  /** Key and certificate for a listener; undefined stands for the identity beside the store. */
  readonly identityOf: (files: CertificateFiles | undefined) => Promise<IdentityPem>;
  /** Makes OpenSSL trust a CA, for servers made from now on. */
  readonly useTrustCa: (ca: string) => NonNullable<GuardOptions["trustCa"]>;
  /** Limits first use; default for this process alone. */
  readonly limits?: FirstUseLimiter;
  /** Ticket keys that other processes share, for listeners that verify in the same way. */
  readonly ticketKeys?: (context: string) => TicketKeys;
  /** Where a listener really listens; default at its address, alone. */
  readonly listenOn?: (listener: ListenerConfig) => ListenOn;
  readonly onEvent: OnGatewayEvent;
  /** Told of failures that no caller waits for. */
  readonly onError: (error: unknown) => void;
}

/** Listeners before upstreams, as a configuration says. */
export class Gateway {
  readonly #context: GatewayContext;
  readonly #config: GatewayConfig;
  readonly #limits: FirstUseLimiter;
  /** One for each policy: they judge differently, over the same store. */
  readonly #trusts = new Map<string, Trust>();
  readonly #gates = new Set<Gate>();
  readonly #listeners = new Set<Listener>();

  constructor(config: GatewayConfig, context: GatewayContext) {
    this.#config = config;
    this.#context = context;
    this.#limits = context.limits ?? new FirstUseLimits();
  }

  /** Listens everywhere, or nowhere: then it throws. Returns the addresses in the order of the listeners. */
  async start(): Promise<readonly ServerAddress[]> {
    const addresses: ServerAddress[] = [];
    try {
      for (const config of this.#config.listeners) addresses.push(await this.#open(config));
    } catch (error) {
      await this.close();
      throw error;
    }
    return addresses;
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    for (const listener of this.#listeners) listener.stop();
    this.#listeners.clear();
    for (const gate of this.#gates) gate.close();
    this.#gates.clear();
    for (const trust of this.#trusts.values()) await trust[Symbol.asyncDispose]();
    this.#trusts.clear();
  }

  async #open(config: ListenerConfig): Promise<ServerAddress> {
    const { identityOf, useTrustCa, ticketKeys, listenOn, onEvent } = this.#context;
    const identity = await identityOf(config.certificate);
    const gate = new Gate({
      config,
      trust: this.#trustFor(config.policy),
      identity,
      trustCa: useTrustCa(config.trustCa),
      ...(ticketKeys && { ticketKeys: ticketKeys(ticketContext(config)) }),
      onEvent,
    });
    this.#gates.add(gate);
    const listener = new Listener(gate, onEvent);
    this.#listeners.add(listener);
    const address = await listener.listen(listenOn?.(config));
    onEvent({ type: "listening", listener: config, address });
    return address;
  }

  #trustFor(policy: Policy): Trust {
    const { firstUse, bind, validity, rotation } = policy;
    const name = [firstUse, bind, validity, rotation].join(" ");
    const { store, now, process, onError } = this.#context;
    let trust = this.#trusts.get(name);
    if (trust === undefined) {
      trust = new Trust(store, { policy, limits: this.#limits, now, process, onError });
      this.#trusts.set(name, trust);
    }
    return trust;
  }
}

/** All that the sessions of a listener are verified by. */
function ticketContext({ name, clientCertificate, trustCa }: ListenerConfig): string {
  return JSON.stringify([name, clientCertificate, trustCa]);
}
