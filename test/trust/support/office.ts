import assert from "node:assert/strict";
import { after } from "node:test";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { parseEvent, type TrustEvent } from "../../../src/trust/records/events.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { Policy } from "../../../src/trust/records/policy.ts";
import type { ShownEndorsement } from "../../../src/trust/records/showing.ts";
import { Trust } from "../../../src/trust/trust.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { RefusalReason } from "../../../src/trust/records/verdict.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { eventsIn } from "../../support/listed.ts";

/** The time that the office lives at. */
export const NOW: number = Date.UTC(2030, 0, 1);

/** An operator, and the server whose clients are decided about. */
export class Office {
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly #trust: Trust;

  constructor(store: TrustStore = openMemoryStore(), policy: Partial<Policy> = {}) {
    this.store = store;
    this.operator = new Operator(store, { user: "olga", process: "test 1", now: () => NOW });
    this.#trust = new Trust(store, {
      policy: { firstUse: "ask", ...policy },
      now: () => NOW,
      process: "serve 2",
    });
    after(async () => {
      await this.#trust[Symbol.asyncDispose]();
      await store.close();
    });
  }

  /** A client connects: admitted as that peer, or refused for that reason. */
  async connects(
    certificate: CertificateFacts,
    endorsement: readonly ShownEndorsement[] = [],
  ): Promise<{ peer: string } | RefusalReason> {
    const shown = { certificate, endorsement };
    const verdict = this.#trust.judge({ ...shown, caSigned: false, remoteAddress: "192.0.2.1" });
    await this.#trust.flush();
    assert.notEqual(verdict.decision, "claim");
    return verdict.decision === "admit"
      ? { peer: verdict.peer }
      : verdict.decision === "refuse"
        ? verdict.reason
        : "unknown";
  }

  state(pin: KeyPin): string | undefined {
    return this.store.key(pin)?.state;
  }

  async events(): Promise<readonly TrustEvent[]> {
    return (await eventsIn(this.store)).flatMap(({ json }) => parseEvent(json) ?? []);
  }
}
