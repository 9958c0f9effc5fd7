import { parseSettledChange } from "../../../src/store/log/settled-change.ts";
import type { LogEntry } from "../../../src/trust/port/change-log.ts";
import type { KeyPin, KeyState } from "../../../src/trust/records/key-record.ts";

/** What became of a key of a name that nobody decides about by hand, and where in the log. */
interface Became {
  readonly position: number;
  readonly state: KeyState;
}

/** Names of this kind are given to whoever is first and to nobody else. */
const OWN_NAME = /^(?:peer|token)-\d+$/;

/**
 * What a log leads to, said in few words and from the log alone: who is first in it has the name, a token counts once,
 * and who is revoked stays so. It knows nothing of the rules that replicas go by.
 */
export class Expectation {
  readonly #became = new Map<KeyPin, Became[]>();
  readonly #holders = new Map<string, KeyPin>();
  readonly #tokens = new Map<string, { readonly name: string; usedBy: KeyPin | null }>();
  /** By position, counted from 1: what an entry is about, of what is known here. */
  readonly #about: { readonly pins: readonly KeyPin[]; readonly name: string | null }[] = [];
  readonly #claimed = new Set<KeyPin>();

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
        this.#claimed.add(pin);
        if (!this.#holders.has(name)) this.#trust(name, pin, position);
        this.#about[position] = { pins: [pin], name };
        return;
      }
      case "create-token":
        if (OWN_NAME.test(change.token.nameKey))
          this.#tokens.set(change.token.id, { name: change.token.nameKey, usedBy: null });
        return;
      case "join": {
        const token = this.#tokens.get(change.token);
        if (token === undefined) return;
        const { pin } = change.certificate;
        if (token.usedBy === null) {
          token.usedBy = pin;
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
    return [...this.#tokens.values()].filter(({ usedBy }) => usedBy !== null).length;
  }

  #trust(name: string, pin: KeyPin, position: number): void {
    this.#holders.set(name, pin);
    this.#became.set(pin, [{ position, state: "trusted" }]);
  }
}
