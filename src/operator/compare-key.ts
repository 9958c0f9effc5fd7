import { BoundedMap } from "../bounded-map.ts";
import { HandclaspError } from "../errors.ts";
import { parseKeyCode } from "../trust/naming/key-code.ts";
import { parseKeyId } from "../trust/naming/key-id.ts";
import { parseKeyPin } from "../trust/naming/key-pin.ts";
import { PHRASE_WORDS, toPhrase, toPhraseWord } from "../trust/naming/phrase.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import type { Compared } from "../trust/records/change.ts";
import type { KeyPin, KeyRecord } from "../trust/records/key-record.ts";
import { recordedListeners } from "./known-server.ts";

export interface KeyComparisonOptions {
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  /** A whole number from 0 to below its argument, which nobody can foresee. */
  readonly random: (below: number) => number;
}

/** The words of a phrase, of which the owner of the key is to say those that are null. */
export interface WordChallenge {
  readonly id: string;
  /** Twelve, six of them null. */
  readonly words: readonly (string | null)[];
}

/** What the owner of a key shows or says of it. */
export type ShownOfKey =
  | { readonly code: string }
  /** Whole, or a pin. */
  | { readonly keyId: string }
  /** All twelve words; four letters of each are enough. */
  | { readonly phrase: string }
  /** The missing words of a challenge, in their order. */
  | { readonly id: string; readonly words: readonly string[] };

export interface ComparedKey {
  readonly equal: boolean;
  readonly how: Exclude<Compared, "none">;
  /** What is another one, where a code tells: the client's key, or the server's key that the client saw. */
  readonly differs: "key" | "server" | null;
}

const BLANKS = 6;
const TRIES = 5;
const TRIES_MS = 60_000;
/** How many keys, challenges and comparisons are remembered. */
const REMEMBERED = 10_000;

interface Open extends WordChallenge {
  readonly missing: readonly string[];
}

interface Remembered {
  readonly version: number;
  readonly how: ComparedKey["how"];
}

/**
 * Compares keys of a store with what their owners show, so that no person has to by eye, and remembers for each operator
 * which key was found equal, as it was then. One for a process: five tries a key and minute, whoever makes them.
 */
export class KeyComparison {
  readonly #store: Pick<TrustStore, "key" | "setting">;
  readonly #monotonic: () => number;
  readonly #random: (below: number) => number;
  readonly #tries = new BoundedMap<KeyPin, readonly number[]>(REMEMBERED);
  readonly #open = new BoundedMap<string, Open>(REMEMBERED);
  readonly #equal = new BoundedMap<string, Remembered>(REMEMBERED);

  constructor(store: Pick<TrustStore, "key" | "setting">, { monotonic, random }: KeyComparisonOptions) {
    this.#store = store;
    this.#monotonic = monotonic;
    this.#random = random;
  }

  /**
   * Six words of the key's phrase, the others at random to be filled in; the same ones until they are answered. `serverPin`
   * is of the listener that the client came to, default of the server that was last started on the store.
   */
  challenge(operator: string, pin: KeyPin, serverPin?: KeyPin): WordChallenge {
    this.#key(pin);
    const place = placeOf(operator, pin);
    const server = serverPin ?? this.#servers(true).at(-1);
    const phrase = toPhrase(server as KeyPin, pin).split(" ");
    const open = this.#open.get(place);
    const isSame = open?.words.every((word, at) => word === null || word === phrase[at]);
    if (open !== undefined && isSame === true) return { id: open.id, words: open.words };
    const blanks = this.#blanks();
    const made: Open = {
      id: `${this.#random(2 ** 32).toString(36)}-${this.#random(2 ** 32).toString(36)}`,
      words: phrase.map((word, at) => (blanks.has(at) ? null : word)),
      missing: phrase.filter((_, at) => blanks.has(at)),
    };
    this.#open.set(place, made);
    return { id: made.id, words: made.words };
  }

  /**
   * Whether the key of the store is the one that was shown. What cannot be read is an error and no try: ERR_HANDCLASP_MALFORMED,
   * ERR_HANDCLASP_KEY_ID, ERR_HANDCLASP_OPTION. Throws ERR_HANDCLASP_RATE after five tries in a minute,
   * ERR_HANDCLASP_CHANGED for a challenge that is not open any more.
   */
  compare(operator: string, pin: KeyPin, shown: ShownOfKey): ComparedKey {
    const { version } = this.#key(pin);
    const judge = this.#read(operator, pin, shown);
    this.#countTry(pin);
    const found = judge();
    const place = placeOf(operator, pin);
    if (found.equal) this.#equal.set(place, { version, how: found.how });
    else this.#equal.delete(place);
    return found;
  }

  /** How an operator found a key equal, as it is in this version; `none` when that never was. */
  comparedBy(operator: string, pin: KeyPin, version: number): Compared {
    const found = this.#equal.get(placeOf(operator, pin));
    return found?.version === version ? found.how : "none";
  }

  /** How many tries are left for a key now. */
  triesLeft(pin: KeyPin): number {
    return Math.max(0, TRIES - this.#recent(pin).length);
  }

  #read(operator: string, pin: KeyPin, shown: ShownOfKey): () => ComparedKey {
    if ("code" in shown) {
      const code = parseKeyCode(shown.code);
      return () => {
        const servers = this.#servers(false);
        const isOther = servers.length > 0 && !servers.includes(code.serverPin);
        const differs = code.pin !== pin ? "key" : isOther ? "server" : null;
        return { equal: differs === null, how: "scan", differs };
      };
    }
    if ("keyId" in shown) {
      const equal = (parseKeyPin(shown.keyId.trim()) ?? parseKeyId(shown.keyId)) === pin;
      return () => ({ equal, how: "key-id", differs: equal ? null : "key" });
    }
    if ("phrase" in shown) {
      // Copied from a list, its numbers come along.
      const texts = shown.phrase.split(/[\s,.;)]+/).filter((text) => !/^\d*$/.test(text));
      const phrase = readWords(texts, PHRASE_WORDS).join(" ");
      const servers = this.#servers(true);
      const equal = servers.some((server) => toPhrase(server, pin) === phrase);
      return () => ({ equal, how: "words", differs: null });
    }
    const place = placeOf(operator, pin);
    const open = this.#open.get(place);
    if (open?.id !== shown.id) {
      throw new HandclaspError("ERR_HANDCLASP_CHANGED", "these words are not asked for any more", {
        hint: "ask for the words again",
      });
    }
    const words = readWords(shown.words, BLANKS);
    return () => {
      // An answer uses the question up: who guesses is asked for other words.
      this.#open.delete(place);
      return { equal: words.every((word, at) => word === open.missing[at]), how: "words", differs: null };
    };
  }

  #countTry(pin: KeyPin): void {
    const recent = this.#recent(pin);
    const [first] = recent;
    if (recent.length >= TRIES && first !== undefined) {
      const retryAfterMs = Math.ceil(first + TRIES_MS - this.#monotonic());
      throw new HandclaspError("ERR_HANDCLASP_RATE", `this key was compared ${TRIES} times within a minute`, {
        hint: "ask its owner to read again, slowly, and try it in a minute",
        details: { retryAfterMs },
      });
    }
    this.#tries.set(pin, [...recent, this.#monotonic()]);
  }

  #recent(pin: KeyPin): readonly number[] {
    const now = this.#monotonic();
    return (this.#tries.get(pin) ?? []).filter((at) => now - at < TRIES_MS);
  }

  #blanks(): ReadonlySet<number> {
    const places = Array.from({ length: PHRASE_WORDS }, (_, at) => at);
    return new Set(
      Array.from({ length: BLANKS }, () => places.splice(this.#random(places.length), 1)[0] ?? 0),
    );
  }

  #key(pin: KeyPin): KeyRecord {
    const key = this.#store.key(pin);
    if (key !== undefined) return key;
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", "there is no such key any more");
  }

  /** The keys of the servers that clients of this store see. */
  #servers(mustBeKnown: boolean): readonly KeyPin[] {
    const pins = [...new Set(recordedListeners(this.#store).map(({ pin }) => pin))];
    if (pins.length > 0 || !mustBeKnown) return pins;
    throw new HandclaspError(
      "ERR_HANDCLASP_STATE",
      "there are no words to compare: no server was started on this store yet",
      { hint: "compare the key id" },
    );
  }
}

function placeOf(operator: string, pin: KeyPin): string {
  return JSON.stringify([operator, pin]);
}

function readWords(texts: readonly string[], count: number): readonly string[] {
  if (texts.length !== count) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `these are ${texts.length} words, not ${count}`);
  }
  return texts.map((text, at) => {
    const word = toPhraseWord(text);
    if (word !== undefined) return word;
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `word ${at + 1} is none of the list`, {
      hint: "ask for it again: its first four letters are enough",
      details: { word: at + 1 },
    });
  });
}
