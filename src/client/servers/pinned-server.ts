import { HandclaspError } from "../../errors.ts";
import { objectionTo } from "../../trust/judging/objection.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { ShownEndorsement } from "../../trust/records/showing.ts";
import type { RefusalDetail } from "../../trust/records/verdict.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { readEndorsement } from "../../x509/endorsement.ts";
import type { ServerKey, ServerRefusal, ServerVerdict } from "./judge-server.ts";
import { KnownServers, type KnownServersOptions } from "./known-servers.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** What the newest key that we know on the way says of who comes behind it: no word that counts. */
const NO_WORD: ReadonlySet<RefusalDetail> = new Set(["endorsed-by-retired", "endorsement-outdated"]);

/** Known servers, while one key is expected and no other will do: the one in a join token. */
export class PinnedServer extends KnownServers {
  readonly #pin: KeyPin;
  readonly #now: () => number;

  constructor(store: TrustStore, pin: KeyPin, options: KnownServersOptions) {
    super(store, options);
    this.#pin = pin;
    this.#now = options.now;
  }

  /** A server with the key, or one that the key named as its successor, is known or met like every other one. */
  override judge(address: string, facts: ServerKey): ServerVerdict {
    const line = this.#lineTo(facts);
    if (line !== undefined) {
      const verdict = super.judge(address, facts, "accept");
      if (!this.#isBarred(line, verdict)) return verdict;
    }
    return { decision: "refuse", reason: "key-changed", known: [this.#pin] };
  }

  override async refuse(
    address: string,
    facts: CertificateFacts,
    refusal: ServerRefusal,
  ): Promise<HandclaspError> {
    if (this.#lineTo(facts) !== undefined) return super.refuse(address, facts, refusal);
    const expected = `  expected    ${toKeyId(this.#pin)}\n              ${this.#pin}`;
    const shown = `  it shows    ${toKeyId(facts.pin)}\n              ${facts.pin}`;
    return new HandclaspError(
      "ERR_HANDCLASP_REFUSED",
      `${escapeText(address)} is not the server of this join token: it may be somebody in between\n${expected}\n${shown}`,
      {
        hint: "nothing that the token is worth was sent; ask whoever made it for a new one",
        details: { reason: "key-changed", address, pin: facts.pin, known: [this.#pin] },
      },
    );
  }

  /**
   * The server of a token is the same at all of its addresses. One where another key is known stays as it is. Says where
   * the server is known now.
   */
  async rememberEverywhere(
    addresses: readonly string[],
    facts: CertificateFacts,
  ): Promise<readonly string[]> {
    const known: string[] = [];
    for (const address of addresses) {
      const verdict = this.judge(address, facts);
      if (verdict.decision === "refuse") continue;
      if (verdict.decision === "claim") await this.remember(address, facts, verdict);
      known.push(address);
    }
    return known;
  }

  /** A key that we do not trust any more names nobody: not even for a token that knows nothing of that. */
  #isBarred(line: readonly ShownEndorsement[], verdict: ServerVerdict): boolean {
    const concern = verdict.decision === "claim" ? verdict.concern : undefined;
    return line.some(({ oldPin }) => {
      if (concern?.about === oldPin && NO_WORD.has(concern.problem)) return true;
      const key = this.store.key(oldPin);
      const objection = key && objectionTo(key, this.#now());
      // Who was followed by another key has named it before.
      return objection !== undefined && objection !== "retired";
    });
  }

  /** The endorsements from a server's key back to the expected one, none for that itself; undefined for any other server. */
  #lineTo(facts: ServerKey): readonly ShownEndorsement[] | undefined {
    if (facts.pin === this.#pin) return [];
    const links = readEndorsement(facts);
    const line = links.slice(0, links.findIndex(({ oldPin }) => oldPin === this.#pin) + 1);
    return line.length > 0 && line.every((link) => link.verify()) ? line : undefined;
  }
}
