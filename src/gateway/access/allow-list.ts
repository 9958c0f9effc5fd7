import type { KeyPin } from "../../trust/records/key-record.ts";
import { nameKey, nameKeysOf } from "../../trust/naming/peer-name.ts";
import { type IpNetwork, isInNetwork, parseIpNetwork } from "../../trust/network/ip-network.ts";
import type { Whereabouts } from "../../trust/trust-port.ts";
import { readAllowed } from "../config/parse-allowed.ts";

/** Which groups a peer is in, as the trust store has it now. Throws ERR_HANDCLASP_STORE_* when that cannot be known. */
export interface GroupLookup {
  /** Both names are folded. */
  isMember(groupKey: string, nameKey: string): boolean;
}

/** Who asks to come in, or for something: a connection is one. */
export interface Client extends Whereabouts {
  /** Undefined when it showed no certificate. */
  readonly peer: { readonly name: string; readonly pin: KeyPin } | undefined;
}

const NOWHERE: Whereabouts = { remoteAddress: undefined };

/** Who may come in: peers by name, members of groups, whole networks, every peer, or anyone. */
export class AllowList {
  /** Whether every peer is in it, wherever it comes from. */
  readonly hasEveryPeer: boolean;
  /** Whether where somebody comes from may matter. */
  readonly hasNetworks: boolean;
  readonly #hasAnyone: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #groups: readonly string[];
  readonly #networks: readonly IpNetwork[];
  readonly #lookup: GroupLookup;

  constructor(entries: readonly string[], lookup: GroupLookup) {
    const allowed = entries.map(readAllowed);
    const texts = (kind: "name" | "group" | "network"): readonly string[] =>
      allowed.flatMap((one) => (one.kind === kind ? [one.text] : []));
    this.#hasAnyone = allowed.some(({ kind }) => kind === "anyone");
    this.hasEveryPeer = this.#hasAnyone || allowed.some(({ kind }) => kind === "any-peer");
    this.#names = new Set(texts("name").flatMap(nameKeysOf));
    this.#groups = texts("group").flatMap(nameKeysOf);
    this.#networks = texts("network").flatMap((text) => parseIpNetwork(text) ?? []);
    this.hasNetworks = this.#networks.length > 0;
    this.#lookup = lookup;
  }

  /**
   * Whether somebody is in it now: a peer of this name, or, when undefined, who showed no certificate. `without` is groups
   * that do not count, folded.
   */
  has(peer: string | undefined, from: Whereabouts = NOWHERE, without: readonly string[] = []): boolean {
    if (peer === undefined ? this.#hasAnyone : this.hasEveryPeer) return true;
    return (peer !== undefined && this.#hasPeer(peer, without)) || this.#hasNetworkOf(from);
  }

  /** Whether it would be in it once it came into some groups, which are folded. */
  hasWith(peer: string, joined: readonly string[], from?: Whereabouts): boolean {
    return this.#groups.some((group) => joined.includes(group)) || this.has(peer, from);
  }

  #hasPeer(peer: string, without: readonly string[]): boolean {
    const folded = nameKey(peer);
    if (this.#names.has(folded)) return true;
    return this.#groups.some((group) => !without.includes(group) && this.#lookup.isMember(group, folded));
  }

  #hasNetworkOf(from: Whereabouts): boolean {
    return this.hasNetworks && this.#networks.some((network) => isInNetwork(network, from.remoteAddress));
  }
}

/** The lists of a configuration, each read once and not for each request that it decides about. */
export class AllowLists {
  readonly #lookup: GroupLookup;
  readonly #read = new WeakMap<readonly string[], AllowList>();

  constructor(lookup: GroupLookup) {
    this.#lookup = lookup;
  }

  of(entries: readonly string[]): AllowList {
    const known = this.#read.get(entries);
    if (known !== undefined) return known;
    const list = new AllowList(entries, this.#lookup);
    this.#read.set(entries, list);
    return list;
  }
}
