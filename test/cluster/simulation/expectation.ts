import { parseSettledChange } from "../../../src/store/log/settled-change.ts";
import type { LogEntry } from "../../../src/trust/port/change-log.ts";
import type { KeyPin, KeyState } from "../../../src/trust/records/key-record.ts";

/** What became of a key of a name that nobody decides about by hand, and where in the log. */
interface Became {
  readonly position: number;
  readonly state: KeyState;
}

/** Positions are where in the log that happened. */
interface Token {
  readonly name: string;
  readonly madeAt: number;
  usedAt: number | null;
  cancelledAt: number | null;
}

/** Names of this kind are given to whoever is first and to nobody else. */
const OWN_NAME = /^(?:peer|token)-[\d-]+$/;

/**
 * What a log leads to, said in few words and from the log alone: who is first in it has the name, a token counts once,
 * and who is revoked stays so. It knows nothing of the rules that replicas go by.
 */
export class Expectation {
  readonly #became = new Map<KeyPin, Became[]>();
  readonly #holders = new Map<string, KeyPin>();
  readonly #tokens = new Map<string, Token>();
  /** By position, counted from 1: what an entry is about, of what is known here. */
  readonly #about: { readonly pins: readonly KeyPin[]; readonly name: string | null }[] = [];
  readonly #isOwn: (pin: KeyPin) => boolean;
  /** And where. */
  readonly #claimed = new Map<KeyPin, number>();

  /** `isOwn` tells keys that nobody decides about by hand, but for revoking them. */
  constructor(isOwn: (pin: KeyPin) => boolean = () => true) {
    this.#isOwn = isOwn;
  }

  /** Takes the next entry. Throws when it should not be in the log. */
  take({ position, change: text }: LogEntry): void {
    const { change } = parseSettledChange(text);
    const about = { pins: [] as KeyPin[], name: null as string | null };
    this.#about[position] = about;
    switch (change.type) {
      case "claim": {
        const { pin } = change.certificate;
        const name = change.peer.nameKey;
        if (!OWN_NAME.test(name)) return;
        if (this.#claimed.has(pin)) throw new Error(`the claim of ${pin} is twice in the log`);
        this.#claimed.set(pin, position);
        if (!this.#holders.has(name) && !this.#became.has(pin)) this.#trust(name, pin, position);
        this.#about[position] = { pins: [pin], name };
        return;
      }
      case "create-token":
        if (OWN_NAME.test(change.token.nameKey))
          this.#tokens.set(change.token.id, {
            name: change.token.nameKey,
            madeAt: position,
            usedAt: null,
            cancelledAt: null,
          });
        return;
      case "join": {
        const token = this.#tokens.get(change.token);
        if (token === undefined) return;
        const { pin } = change.certificate;
        if (token.usedAt === null && token.cancelledAt === null && !this.#became.has(pin)) {
          token.usedAt = position;
          this.#trust(token.name, pin, position);
        }
        this.#about[position] = { pins: [pin], name: token.name };
        return;
      }
      case "revoke": {
        const pin = change.key.kind === "pin" ? change.key.pin : null;
        if (pin === null || !this.#became.has(pin)) return;
        this.#became.get(pin)?.push({ position, state: "revoked" });
        this.#about[position] = { pins: [pin], name: null };
        return;
      }
      case "take-away": {
        const pins = change.takings.flatMap((taking) =>
          taking.what === "key" && this.#isOwn(taking.pin) ? [taking.pin] : [],
        );
        for (const taking of change.takings) if (taking.what === "token") this.#cancel(taking.id, position);
        for (const pin of pins) this.#bar(pin, position);
        this.#about[position] = { pins, name: null };
        return;
      }
      case "hold":
        if (change.peer?.nameKey.startsWith("stranger-") === true)
          throw new Error(`a stranger is in the log, at ${position}`);
    }
  }

  /** What a key is once the log was carried out up to there; undefined for who has no say in it. */
  stateAt(pin: KeyPin, position: number): KeyState | undefined {
    return this.#became.get(pin)?.findLast((became) => became.position <= position)?.state;
  }

  /** Whose keys and which names were touched by the entry at a position. */
  about(position: number): { readonly pins: readonly KeyPin[]; readonly name: string | null } | undefined {
    return this.#about[position];
  }

  /** Whether the entry at a position bars a key. */
  isRevocation(position: number): boolean {
    return this.#about[position]?.pins.some((pin) => this.stateAt(pin, position) === "revoked") ?? false;
  }

  isClaimed(pin: KeyPin): boolean {
    return this.#claimed.has(pin);
  }

  get keys(): IterableIterator<KeyPin> {
    return this.#became.keys();
  }

  get names(): ReadonlyMap<string, KeyPin> {
    return this.#holders;
  }

  get tokensUsed(): number {
    return [...this.#tokens.values()].filter(({ usedAt }) => usedAt !== null).length;
  }

  /** Forgets all that came after a position, which the log has lost. */
  rewind(position: number): void {
    const isLost = (at: number | null): boolean => at !== null && at > position;
    for (const [pin, became] of this.#became) {
      while (isLost(became.at(-1)?.position ?? null)) became.pop();
      if (became.length === 0) this.#became.delete(pin);
    }
    for (const [name, pin] of this.#holders) if (!this.#became.has(pin)) this.#holders.delete(name);
    for (const [pin, at] of this.#claimed) if (isLost(at)) this.#claimed.delete(pin);
    for (const [id, token] of this.#tokens) {
      if (isLost(token.madeAt)) this.#tokens.delete(id);
      if (isLost(token.usedAt)) token.usedAt = null;
      if (isLost(token.cancelledAt)) token.cancelledAt = null;
    }
    this.#about.length = Math.min(this.#about.length, position + 1);
  }

  #cancel(id: string, position: number): void {
    const token = this.#tokens.get(id);
    if (token?.usedAt === null) token.cancelledAt ??= position;
  }

  /** Who was never let in, as far as this log goes, is kept out from now on. */
  #bar(pin: KeyPin, position: number): void {
    const became = this.#became.get(pin) ?? [];
    this.#became.set(pin, became);
    if (became.at(-1)?.state !== "revoked") became.push({ position, state: "revoked" });
  }

  #trust(name: string, pin: KeyPin, position: number): void {
    this.#holders.set(name, pin);
    this.#became.set(pin, [{ position, state: "trusted" }]);
  }
}
