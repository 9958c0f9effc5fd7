import { HandclaspError } from "../../errors.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { readEndorsement } from "../../x509/endorsement.ts";
import type { ServerKey, ServerRefusal, ServerVerdict } from "./judge-server.ts";
import { KnownServers, type KnownServersOptions } from "./known-servers.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** Known servers, while one key is expected and no other will do: the one in a join token. */
export class PinnedServer extends KnownServers {
  readonly #pin: KeyPin;

  constructor(store: TrustStore, pin: KeyPin, options: KnownServersOptions) {
    super(store, options);
    this.#pin = pin;
  }

  /** A server with the key, or one that the key named as its successor, is known or met like every other one. */
  override judge(address: string, facts: ServerKey): ServerVerdict {
    const isFollowed = this.#isExpected(facts) && (facts.pin === this.#pin || !this.#isBarred());
    if (isFollowed) return super.judge(address, facts, "accept");
    return { decision: "refuse", reason: "key-changed", known: [this.#pin] };
  }

  override async refuse(
    address: string,
    facts: CertificateFacts,
    refusal: ServerRefusal,
  ): Promise<HandclaspError> {
    if (this.#isExpected(facts)) return super.refuse(address, facts, refusal);
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
  #isBarred(): boolean {
    const state = this.store.key(this.#pin)?.state;
    return state === "revoked" || state === "ignored";
  }

  #isExpected(facts: ServerKey): boolean {
    if (facts.pin === this.#pin) return true;
    const links = readEndorsement(facts);
    const found = links.findIndex(({ oldPin }) => oldPin === this.#pin);
    return found !== -1 && links.slice(0, found + 1).every((link) => link.verify());
  }
}
