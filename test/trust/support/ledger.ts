// What should come of identities that live, told from the operator's and the clients' side: written from the rules in
// the documentation, and from nothing that the code under test has.

export type Standing = "trusted" | "revoked" | "ignored" | "retired";
export type FirstUse = "accept" | "ask" | "refuse";

/** Somebody's key: what its certificate claims, and who endorsed it, the newest first. */
export interface Persona {
  readonly pin: string;
  readonly claim: string;
  readonly chain: readonly { readonly by: string; readonly at: number; readonly forged: boolean }[];
}

export interface LedgerToken {
  readonly id: string;
  readonly name: string;
  readonly replace: boolean;
  readonly ends: number;
}

/** How a key that nobody decided about yet asks to be let in. */
export type Plea =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "rotation"; readonly by: string; readonly at: number }
  | { readonly kind: "first-use" };

interface Entry {
  readonly standing: Standing;
  /** Folded; null when it is bound to none. */
  readonly name: string | null;
  readonly until: number | null;
}

export class Ledger {
  readonly entries: Map<string, Entry> = new Map();
  readonly tokens: Map<string, LedgerToken> = new Map();
  /** Names that an operator gave to a second key. */
  readonly shared: Set<string> = new Set();
  readonly #spent = new Set<string>();
  readonly #forgotten = new Set<string>();
  /** Before that moment what a key endorsed is void. */
  readonly #voidBefore = new Map<string, number>();

  isTrusted(pin: string, now: number): boolean {
    const entry = this.entries.get(pin);
    return entry?.standing === "trusted" && (entry.until === null || now < entry.until);
  }

  trustedWith(name: string): readonly string[] {
    return [...this.entries].flatMap(([pin, entry]) => {
      return entry.name === name && entry.standing === "trusted" ? [pin] : [];
    });
  }

  isOpen(id: string, now: number): boolean {
    const token = this.tokens.get(id);
    return token !== undefined && !this.#spent.has(id) && now < token.ends;
  }

  /** Whether a key is let in at once, refused at once, or asks for a decision that has to be written down. */
  hear(
    persona: Persona,
    shown: { readonly token: string | undefined; readonly forged: boolean },
    policy: { readonly firstUse: FirstUse; readonly rotation: FirstUse },
    now: number,
  ): "admit" | "refuse" | Plea {
    if (this.entries.has(persona.pin)) return this.isTrusted(persona.pin, now) ? "admit" : "refuse";
    if (shown.token !== undefined) {
      const isGood = !shown.forged && this.isOpen(shown.token, now);
      return isGood ? { kind: "token", token: shown.token } : "refuse";
    }
    if (policy.rotation !== "refuse") {
      const vouched = this.#vouchedFor(persona, now);
      if (vouched !== undefined) return policy.rotation === "accept" ? vouched : "refuse";
    }
    return policy.firstUse === "accept" && !this.#isHeld(persona.claim) ? { kind: "first-use" } : "refuse";
  }

  /** Whether the plea is granted when its turn comes; what follows from that is entered. */
  decide(persona: Persona, plea: Plea, now: number): boolean {
    const entry = this.entries.get(persona.pin);
    if (entry !== undefined) {
      // Trusted in another way meanwhile: the key that named it as its successor is given up all the same.
      const follows = plea.kind === "rotation" && entry.standing === "trusted";
      if (follows && this.#mayEndorse(plea.by, plea.at, persona.pin, now)) this.#retire(plea.by);
      return this.isTrusted(persona.pin, now);
    }
    switch (plea.kind) {
      case "token": {
        const token = this.tokens.get(plea.token);
        if (token === undefined || !this.isOpen(plea.token, now)) return false;
        const holders = this.trustedWith(token.name);
        if (holders.length > 0 && !token.replace) return false;
        for (const holder of holders) this.#retire(holder);
        this.#spent.add(plea.token);
        this.entries.set(persona.pin, { standing: "trusted", name: token.name, until: null });
        return true;
      }
      case "rotation": {
        const old = this.entries.get(plea.by);
        if (old === undefined || !this.#mayEndorse(plea.by, plea.at, persona.pin, now)) return false;
        this.#retire(plea.by);
        this.entries.set(persona.pin, { ...old, standing: "trusted" });
        return true;
      }
      case "first-use":
        if (this.#isHeld(persona.claim)) return false;
        this.entries.set(persona.pin, { standing: "trusted", name: persona.claim, until: null });
        return true;
    }
  }

  approved(
    pin: string,
    name: string,
    how: "fail" | "replace" | "add",
    until: number | null,
    now: number,
  ): void {
    const before = this.entries.get(pin);
    const others = this.trustedWith(name).filter((other) => other !== pin);
    if (how === "replace") for (const other of others) this.#retire(other);
    if (how === "add" && others.length > 0) this.shared.add(name);
    if (before !== undefined && before.standing !== "trusted") this.#voidBefore.set(pin, now);
    // An end that was not told of stands, while it lasts.
    const kept = this.isTrusted(pin, now) ? before?.until : undefined;
    this.entries.set(pin, { standing: "trusted", name, until: until ?? kept ?? null });
  }

  barred(pin: string, standing: "revoked" | "ignored", name: string | null): void {
    this.entries.set(pin, { standing, name, until: null });
  }

  forgotten(pin: string, now: number): void {
    this.entries.delete(pin);
    this.#forgotten.add(pin);
    this.#voidBefore.set(pin, now);
  }

  renamed(from: string, to: string): void {
    if (this.shared.has(from)) this.shared.add(to);
    for (const [pin, entry] of this.entries)
      if (entry.name === from) this.entries.set(pin, { ...entry, name: to });
  }

  cancelled(id: string): void {
    this.#spent.add(id);
  }

  /** Whoever is nearest in the chain and known here decides; a forgotten key vouches for nobody. */
  #vouchedFor({ pin, chain }: Persona, now: number): Plea | undefined {
    const near = chain.findIndex(({ by }) => this.entries.has(by) || this.#forgotten.has(by));
    const link = chain[near];
    if (link === undefined || chain.slice(0, near + 1).some(({ forged }) => forged)) return undefined;
    const { by, at } = link;
    return this.#mayEndorse(by, at, pin, now) ? { kind: "rotation", by, at } : undefined;
  }

  #mayEndorse(by: string, at: number, pin: string, now: number): boolean {
    return this.isTrusted(by, now) && at >= (this.#voidBefore.get(by) ?? 0) && !this.#forgotten.has(pin);
  }

  #isHeld(name: string): boolean {
    return [...this.entries.values()].some((entry) => entry.name === name);
  }

  #retire(pin: string): void {
    const entry = this.entries.get(pin);
    if (entry !== undefined) this.entries.set(pin, { ...entry, standing: "retired", until: null });
  }
}
