import type { IdentityPem } from "../../client/identities/identity.ts";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import type { GatewayConfig, ListenerConfig } from "../config/config.ts";
import type { Gate } from "../gates/gate.ts";
import type { Gates } from "../gates/gates.ts";
import { cannotListen } from "../listening/cannot-listen.ts";
import type { Listener } from "../listening/listener.ts";
import type { Listeners } from "../listening/listeners.ts";
import type { PreparedReload } from "./prepared-reload.ts";

interface ReloadOptions {
  readonly config: GatewayConfig;
  /** In the order of its listeners. */
  readonly identities: readonly IdentityPem[];
  readonly listeners: Listeners;
  readonly gates: Gates;
  /** Throws when nothing may begin any more. */
  readonly assertGoesOn: () => void;
  /** Called once, when it is committed. */
  readonly onCommit: () => void;
  /** Called once, when it is committed or abandoned. */
  readonly onOver: () => void;
}

/** What a configuration comes to, beside what runs. */
class Reload implements PreparedReload {
  readonly #options: ReloadOptions;
  /** By place. */
  readonly #opened = new Map<string, Listener>();
  readonly #replacements = new Map<Listener, Gate>();
  readonly #presented = new Map<Listener, IdentityPem>();
  #isOver = false;

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /** All that can fail. */
  async prepare(): Promise<void> {
    const { config, identities } = this.#options;
    for (const [at, listener] of config.listeners.entries()) {
      const identity = identities[at];
      if (identity !== undefined) await this.#prepareListener(listener, identity);
    }
    this.#options.assertGoesOn();
  }

  commit(): readonly ServerAddress[] {
    if (!this.#end()) return [];
    const { config, listeners, gates, onCommit } = this.#options;
    onCommit();
    const placeOf = (listener: ListenerConfig): string => listeners.placeOf(listener);
    for (const [place, listener] of this.#opened) listeners.add(place, listener);
    listeners.endOthers(new Set(config.listeners.map(placeOf)));
    for (const [listener, gate] of this.#replacements) {
      const former = listener.gate;
      gate.succeed(former);
      listener.replace(gate);
      gates.retire(former);
    }
    for (const [listener, identity] of this.#presented) gates.present(listener.gate, identity);
    gates.restrict(config, placeOf);
    return listeners.addressesOf(config.listeners);
  }

  abandon(): void {
    if (!this.#end()) return;
    const { gates } = this.#options;
    for (const { gate } of this.#opened.values()) gates.discard(gate);
    for (const listener of this.#opened.values()) listener.stop();
    for (const gate of this.#replacements.values()) gates.discard(gate);
  }

  async #prepareListener(config: ListenerConfig, identity: IdentityPem): Promise<void> {
    const { listeners, gates } = this.#options;
    const place = listeners.placeOf(config);
    const running = listeners.at(place);
    if (running === undefined) {
      this.#opened.set(place, await listeners.open(config, place, identity));
    } else if (this.#replacements.has(running) || this.#presented.has(running)) {
      throw cannotListen(config.listen, "another listener has it");
    } else if (running.isParked || !isSame(running.config, config)) {
      this.#replacements.set(running, gates.create(config, place, identity));
    } else {
      running.gate.check(identity);
      this.#presented.set(running, identity);
    }
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#options.onOver();
    return true;
  }
}

/** The first half of a reload. When it throws, everything is as it was. */
export async function prepareReload(options: ReloadOptions): Promise<PreparedReload> {
  const reload = new Reload(options);
  try {
    await reload.prepare();
    return reload;
  } catch (error) {
    reload.abandon();
    throw error;
  }
}

/** Where they listen does not matter once they do. */
function isSame(before: ListenerConfig, after: ListenerConfig): boolean {
  return JSON.stringify({ ...before, listen: after.listen }) === JSON.stringify(after);
}
