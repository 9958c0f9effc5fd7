import { nameKey, nameKeysOf } from "../../trust/naming/peer-name.ts";

/** Which groups a peer is in, as the trust store has it now. Throws ERR_HANDCLASP_STORE_* when that cannot be known. */
export interface GroupLookup {
  /** Both names are folded. */
  isMember(groupKey: string, nameKey: string): boolean;
}

const GROUP = "group:";

/** Who may come in: peers by name, and members of groups. */
export class AllowList {
  /** Whether everybody is in it. */
  readonly isOpen: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #groups: readonly string[];
  readonly #lookup: GroupLookup;

  /** `undefined` is a list with everybody. */
  constructor(entries: readonly string[] | undefined, lookup: GroupLookup) {
    this.isOpen = entries === undefined;
    const names = (entries ?? []).filter((entry) => !entry.startsWith(GROUP));
    this.#names = new Set(names.flatMap(nameKeysOf));
    this.#groups = (entries ?? []).flatMap((entry) =>
      entry.startsWith(GROUP) ? nameKeysOf(entry.slice(GROUP.length)) : [],
    );
    this.#lookup = lookup;
  }

  /** Whether a peer of this name is in it now. */
  has(peer: string): boolean {
    return this.hasWithout(peer, []);
  }

  /** Whether it would be in it once it came into some groups, which are folded. */
  hasWith(peer: string, joined: readonly string[]): boolean {
    return this.#groups.some((group) => joined.includes(group)) || this.has(peer);
  }

  /** Whether it would be in it without some groups, which are folded. */
  hasWithout(peer: string, without: readonly string[]): boolean {
    if (this.isOpen) return true;
    const folded = nameKey(peer);
    if (this.#names.has(folded)) return true;
    return this.#groups.some((group) => !without.includes(group) && this.#lookup.isMember(group, folded));
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
