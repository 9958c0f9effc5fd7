import assert from "node:assert/strict";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { verifyChain } from "../../../src/trust/records/events.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { nameKey } from "../../../src/trust/naming/peer-name.ts";
import type { Showing } from "../../../src/trust/records/showing.ts";
import { Trust } from "../../../src/trust/trust.ts";
import type { Claim } from "../../../src/trust/records/verdict.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf, randomPin } from "../../support/certificates.ts";
import { type FirstUse, Ledger, type Persona, type Plea } from "./ledger.ts";
import { eventsIn, keysIn } from "../../support/listed.ts";

export interface Policy {
  readonly firstUse: FirstUse;
  readonly rotation: FirstUse;
}

export interface Visit {
  readonly who: number;
  /** Which token it shows, if any. */
  readonly token: number | undefined;
  readonly forged: boolean;
  readonly policy: Policy;
}

interface Waiting {
  readonly persona: Persona;
  readonly plea: Plea;
  readonly claim: Claim;
  readonly showing: Showing;
  readonly server: Trust;
}

const PLENTY = { burst: 1e9, perSecond: 1e9 };
const SERVER_PIN = randomPin();

/** A trust store with servers, an operator and clients, and beside it the ledger that says what has to come of it. */
export class LivingScene implements AsyncDisposable {
  readonly ledger: Ledger = new Ledger();
  readonly personas: Persona[] = [];
  readonly #store: TrustStore = openMemoryStore();
  readonly #servers = new Map<string, Trust>();
  readonly #tokens: { readonly id: string; readonly publicKey: Uint8Array }[] = [];
  readonly #operator: Operator;
  #waiting: Waiting[] = [];
  #now = Date.UTC(2030, 0, 1);

  constructor() {
    this.#operator = new Operator(this.#store, { user: "olga", process: "test 1", now: () => this.#now });
  }

  /** No two things happen in the same millisecond. */
  pass(ms: number): void {
    this.#now += ms;
  }

  meet(claim: string): void {
    this.personas.push({ pin: randomPin(), claim, chain: [] });
  }

  /** A new key that this one endorses: its owner's, or a thief's. */
  succeed(who: number, forged: boolean): void {
    const { pin, claim, chain } = this.#persona(who);
    const link = { by: pin, at: this.#now, forged };
    this.personas.push({ pin: randomPin(), claim, chain: [link, ...chain].slice(0, 4) });
  }

  /** A connection up to its verdict; what has to be written down waits for `settle`. */
  async visit({ who, token: index, forged, policy }: Visit): Promise<void> {
    const persona = this.#persona(who);
    const token = index === undefined ? undefined : at(this.#tokens, index);
    const server = this.#server(policy);
    const showing = showingOf(persona, token, forged);
    const expected = this.ledger.hear(persona, { token: token?.id, forged }, policy, this.#now);
    const verdict = server.judge(showing);
    if (verdict.decision === "claim") {
      assert.ok(typeof expected === "object", `a claim of ${verdict.source} was not due`);
      assert.equal(verdict.source, expected.kind);
      this.#waiting.push({ persona, plea: expected, claim: verdict, showing, server });
    } else {
      assert.equal(verdict.decision, expected);
      const standing = this.ledger.entries.get(persona.pin)?.standing;
      if (verdict.decision === "refuse" && standing !== undefined && standing !== "trusted") {
        assert.equal(verdict.reason, standing);
      }
    }
    await server.flush();
  }

  /** All that wait are written down at once. */
  async settle(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const settled = await Promise.all(
      waiting.map(({ server, claim, showing }) => server.settle(claim, showing)),
    );
    const granted = waiting.map(({ persona, plea }) => this.ledger.decide(persona, plea, this.#now));
    for (const [turn, { persona, claim, server }] of waiting.entries()) {
      const isNow = this.ledger.isTrusted(persona.pin, this.#now);
      const isIn = settled[turn]?.decision === "admit" && server.isTrusted(claim.pin);
      assert.equal(isIn, granted[turn] === true && isNow, `${claim.source} by ${persona.pin}`);
    }
  }

  async approve(who: number, onConflict: "fail" | "replace" | "add", forMs: number | null): Promise<void> {
    const { pin } = this.#persona(who);
    const expires = forMs === null ? null : this.#now + forMs;
    const options = { onConflict, ...(expires !== null && { expires }) };
    const done = await this.#try(() => this.#operator.approve(pin, options));
    if (done) this.ledger.approved(pin, this.#name(pin) ?? assert.fail(), onConflict, expires, this.#now);
  }

  async bar(who: number, verb: "revoke" | "ignore"): Promise<void> {
    const { pin } = this.#persona(who);
    const done = await this.#try(() => this.#operator[verb](pin));
    if (done) this.ledger.barred(pin, verb === "revoke" ? "revoked" : "ignored", this.#name(pin));
  }

  async forget(who: number): Promise<void> {
    const { pin } = this.#persona(who);
    if (await this.#try(() => this.#operator.forget(pin))) this.ledger.forgotten(pin, this.#now);
  }

  async rename(who: number, name: string): Promise<void> {
    const { pin } = this.#persona(who);
    const from = this.ledger.entries.get(pin)?.name;
    const done = await this.#try(() => this.#operator.rename(pin, name));
    if (done) this.ledger.renamed(from ?? assert.fail("a key without a name was renamed"), nameKey(name));
  }

  async invite(name: string, replace: boolean, forMs: number): Promise<void> {
    const about = { peer: name, servers: ["gw.example:1"], serverPin: SERVER_PIN, replace, forMs };
    const mayBe = replace || this.ledger.trustedWith(nameKey(name)).length === 0;
    const done = await this.#try(async () => {
      const { id, expires } = await this.#operator.createToken(about);
      this.#tokens.push({ id, publicKey: this.#store.token(id)?.publicKey ?? assert.fail() });
      this.ledger.tokens.set(id, { id, name: nameKey(name), replace, ends: expires });
    });
    assert.equal(done, mayBe);
  }

  async cancel(index: number): Promise<void> {
    const token = at(this.#tokens, index);
    if (token === undefined) return;
    const isOpen = this.ledger.isOpen(token.id, this.#now);
    assert.equal(await this.#try(() => this.#operator.cancelToken(token.id)), isOpen);
    this.ledger.cancelled(token.id);
  }

  /** What has to hold at every moment. */
  async check(): Promise<void> {
    const held = new Map<string, number>();
    for (const { pin, state, peer } of await keysIn(this.#store)) {
      const entry = this.ledger.entries.get(pin);
      assert.equal(entry?.standing, state === "pending" ? undefined : state, pin);
      if (state === "pending") continue;
      assert.equal(peer === null ? null : nameKey(peer), entry?.name);
      if (state === "trusted" && peer !== null) held.set(nameKey(peer), (held.get(nameKey(peer)) ?? 0) + 1);
    }
    for (const [name, count] of held) {
      assert.ok(count === 1 || this.ledger.shared.has(name), `${count} trusted keys are called ${name}`);
    }
    for (const pin of this.ledger.entries.keys()) assert.ok(this.#store.key(pin as KeyPin), pin);
  }

  async assertChainHolds(): Promise<void> {
    assert.equal(verifyChain(await eventsIn(this.#store)).broken, null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server[Symbol.asyncDispose]();
    await this.#store.close();
  }

  #persona(who: number): Persona & { readonly pin: KeyPin } {
    const persona = at(this.personas, who) ?? assert.fail("nobody");
    return { ...persona, pin: persona.pin as KeyPin };
  }

  #name(pin: KeyPin): string | null {
    const peer = this.#store.key(pin)?.peer ?? null;
    return peer === null ? null : nameKey(peer);
  }

  #server({ firstUse, rotation }: Policy): Trust {
    const kind = `${firstUse} ${rotation}`;
    const there = this.#servers.get(kind);
    if (there !== undefined) return there;
    const server = new Trust(this.#store, {
      policy: { firstUse, rotation },
      limits: { perNetwork: PLENTY, overall: PLENTY },
      rotations: PLENTY,
      now: () => this.#now,
      process: `serve ${this.#servers.size}`,
    });
    this.#servers.set(kind, server);
    return server;
  }

  /** Whether an operator's change was carried out; one that was not has changed nothing. */
  async #try(run: () => Promise<unknown>): Promise<boolean> {
    const before = JSON.stringify(await keysIn(this.#store));
    try {
      await run();
      return true;
    } catch (error) {
      assert.ok(isHandclaspError(error), String(error));
      assert.equal(JSON.stringify(await keysIn(this.#store)), before);
      return false;
    }
  }
}

/** Whatever number is given, one of them if there are any; -1 is the last. */
function at<T>(all: readonly T[], index: number): T | undefined {
  return all[(index + all.length) % Math.max(1, all.length)];
}

function showingOf(
  { pin, claim, chain }: Persona,
  token: { readonly id: string; readonly publicKey: Uint8Array } | undefined,
  forged: boolean,
): Showing {
  const isSigned = (publicKey: Uint8Array): boolean =>
    !forged && token !== undefined && Buffer.from(publicKey).equals(token.publicKey);
  return {
    // A certificate of its own at each visit: renewal changes nothing for anybody.
    certificate: factsOf(claim, { pin: pin as KeyPin }),
    caSigned: false,
    remoteAddress: "192.0.2.1",
    joinProof: token && { tokenId: token.id, isSignedBy: isSigned, isSignedFor: isSigned },
    endorsement: chain.map((link) => ({
      oldPin: link.by as KeyPin,
      issuedAt: link.at,
      verify: () => !link.forged,
    })),
  };
}
