import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import type { Change, SeenCertificate } from "../../../src/trust/records/change.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { settledFacts } from "../../support/certificates.ts";
import { randomChange } from "../../trust/support/random-change.ts";
import { EPOCH, type SimulatedNode } from "./simulated-node.ts";
import type { Seeded } from "./seeded.ts";

/** A change that comes to a node. */
export interface Arrival {
  readonly node: SimulatedNode;
  /** How long after the one before it. */
  readonly afterMs: number;
  readonly change: Change;
  /** Who is greeted if it comes to a change; null where nobody is. */
  readonly greets: KeyPin | null;
}

const ACTOR = { user: null, process: "simulation 1", address: "192.0.2.1", listener: null };
const PENDING = { maxPending: 50, pendingExpires: EPOCH + 1e12 };
const BETWEEN_MS = 15;
/** `undo` of random changes reaches this far: until then nothing is written that must not be undone. */
const UNDONE_AT_MOST = 40;

/** What comes to the nodes of a cluster, from a seed. */
export class Load {
  readonly #chance: Seeded;
  readonly #nodes: readonly SimulatedNode[];
  readonly #next: Arrival[] = [];
  readonly #met: KeyPin[] = [];
  readonly #own = new Set<string>();
  /** By pin: the key of each certificate, and what it claims. */
  readonly #certified = new Map<string, readonly [key: string, claimedName: string | undefined]>();
  /** By fingerprint: whom a machine saw with it, once more than with the first one. */
  readonly #renewed = new Map<string, KeyPin>();
  readonly #open: { readonly id: string; readonly number: number }[] = [];
  #count = 0;

  constructor(chance: Seeded, nodes: readonly SimulatedNode[]) {
    this.#chance = chance;
    this.#nodes = nodes;
  }

  /** A key that was greeted may be revoked from now on. */
  greeted(pin: KeyPin): void {
    this.#met.push(pin);
  }

  /** Whether a key is one of those that nobody decides about by hand, but for revoking it. */
  isOwn(key: string): boolean {
    return this.#own.has(key);
  }

  /** Of whom a change is that names a key by its pin, or by the fingerprint of a certificate. */
  pinOf(key: string): string {
    return this.#renewed.get(key) ?? key;
  }

  next(): Arrival {
    for (;;) {
      const next = this.#next.shift();
      if (next !== undefined) return next;
      this.#draw();
    }
  }

  #draw(): void {
    const kind = this.#node().standing().head.sequence > UNDONE_AT_MOST ? this.#chance.next() : 0;
    if (kind < 0.3) this.#add(this.#random(), null);
    else if (kind < 0.7) this.#race();
    else if (kind < 0.77) this.#token();
    else if (kind < 0.82) this.#joins();
    else if (kind < 0.86) this.#renew();
    else if (kind < 0.93) this.#revoke();
    else this.#stranger();
  }

  #random(): Change {
    const { below } = this.#drawn();
    const draw = {
      kind: below(100),
      key: below(6),
      other: below(6),
      name: below(5),
      choice: below(12),
      waitMs: 0,
    };
    return randomChange(draw, this.#node().now());
  }

  /** One name, claimed by some at once. */
  #race(): void {
    const peer = `peer-${++this.#count}`;
    const rivals = 1 + this.#chance.below(4);
    for (let rival = 0; rival < rivals; rival++) {
      const certificate = this.#certificate(`${peer}.${rival}`, peer);
      this.#add(
        { type: "claim", ...this.#origin(), ...PENDING, certificate, peer, source: "first-use" },
        certificate.pin,
        { isAtOnce: rival > 0 },
      );
    }
  }

  #token(): void {
    const number = ++this.#count;
    const id = this.#chance.uuid().replaceAll("-", "");
    this.#open.push({ id, number });
    const token = {
      id,
      publicKey: new Uint8Array(32).fill(number % 256),
      peer: `token-${number}`,
      serverPin: toSeenCertificate(settledFacts("server", "", "server")).pin,
      from: null,
      replace: false,
      expires: EPOCH + 1e12,
    };
    this.#add({ type: "create-token", ...this.#origin(), token }, null);
  }

  /** One token, used by some at once. */
  #joins(): void {
    const [token] = this.#open.splice(this.#chance.below(this.#open.length), 1);
    if (token === undefined) return;
    const rivals = 1 + this.#chance.below(4);
    for (let rival = 0; rival < rivals; rival++) {
      const certificate = this.#certificate(`token-${token.number}.${rival}`, undefined);
      this.#add({ type: "join", ...this.#origin(), certificate, token: token.id }, certificate.pin, {
        isAtOnce: rival > 0,
      });
    }
  }

  /** At one machine alone, with two certificates more; then, perhaps, it is revoked there by the older one. */
  #renew(): void {
    if (this.#met.length === 0) return;
    const at = this.#chance.below(this.#met.length);
    const pin = this.#met[at];
    const certified = pin === undefined ? undefined : this.#certified.get(pin);
    if (pin === undefined || certified === undefined) return;
    const node = this.#node();
    const [older, newer] = [++this.#count, ++this.#count].map((number) =>
      toSeenCertificate(settledFacts(certified[0], `renewed ${number}`, certified[1])),
    );
    if (older === undefined || newer === undefined) return;
    for (const certificate of [older, newer]) {
      this.#renewed.set(certificate.fingerprint, pin);
      this.#add({ type: "renew", ...this.#origin(), certificate }, null, { node });
    }
    if (this.#chance.chance(0.5)) return;
    this.#met.splice(at, 1);
    this.#add({ type: "revoke", ...this.#origin(), key: older.fingerprint }, null, { node });
  }

  #revoke(): void {
    if (this.#met.length === 0) return;
    const [key = ""] = this.#met.splice(this.#chance.below(this.#met.length), 1);
    this.#add({ type: "revoke", ...this.#origin(), key }, null);
  }

  #stranger(): void {
    const peer = `stranger-${++this.#count}`;
    const certificate = this.#certificate(peer, peer);
    this.#add({ type: "hold", ...this.#origin(), ...PENDING, certificate, peer, conflictsWith: null }, null);
  }

  #origin(): { readonly at: number; readonly actor: typeof ACTOR } {
    return { at: this.#node().now(), actor: ACTOR };
  }

  #add(change: Change, greets: KeyPin | null, { isAtOnce = false, node = this.#node() } = {}): void {
    const afterMs = isAtOnce && this.#chance.chance(0.7) ? 0 : this.#chance.around(BETWEEN_MS);
    this.#next.push({ node, afterMs, change, greets });
  }

  #node(): SimulatedNode {
    return this.#chance.pick(this.#nodes);
  }

  #drawn(): { readonly below: (end: number) => number } {
    return { below: (end) => this.#chance.below(end) };
  }

  #certificate(key: string, claimedName: string | undefined): SeenCertificate {
    const certificate = toSeenCertificate(settledFacts(key, "", claimedName));
    this.#own.add(certificate.pin);
    this.#certified.set(certificate.pin, [key, claimedName]);
    return certificate;
  }
}
