import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import type { Change, SeenCertificate } from "../../../src/trust/records/change.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { settledFacts } from "../../support/certificates.ts";
import type { Seeded } from "../simulation/seeded.ts";
import { type NodeHandle, Unanswered } from "./node-handle.ts";

interface TrafficOptions {
  readonly nodes: readonly NodeHandle[];
  readonly chance: Seeded;
  /** Stands in names and keys, so that those of another traffic are others. */
  readonly label: string;
  /** How long a machine may let a key in after it was revoked, that cannot have heard of it. */
  readonly boundMs: number;
  /** When the log lost its end last (`performance.now()`): whoever had it takes again what it took, and whoever had not cannot know. */
  readonly lostAt: () => number;
  /** Whatever happens, a change is answered within this. */
  readonly answeredMs: number;
}

interface Revocation {
  /** When it was said. */
  at: number;
  /** The machine where it was said to hold, and nowhere else so far; undefined for everywhere. */
  alone: NodeHandle | undefined;
}

interface Open {
  readonly id: string;
  readonly peer: string;
}

const ACTOR = { user: null, process: "rounds 1", address: "192.0.2.1", listener: null };
const LATER = Date.UTC(2100, 0, 1);
const PENDING = { maxPending: 50, pendingExpires: LATER };
/** How many are under way at the most. */
const AT_ONCE = 24;
/** After so many of one round they come one by one: where a fault takes minutes, it would be the longer for all that comes meanwhile. */
const DENSE = 1500;
const SPARSE_MS = 50;
const PROBE_MS = 100;
const PROBED = 20;

/** What a change may be answered with while something is wrong. */
const EXPECTED: ReadonlySet<string> = new Set([
  "dead",
  "ERR_HANDCLASP_STORE_WRITE",
  "ERR_HANDCLASP_OUTCOME_UNKNOWN",
  // A token that another machine made is not here yet.
  "ERR_HANDCLASP_NOT_FOUND",
]);

/** Claims, tokens and revocations on all machines at once, and what was promised about them. */
export class Traffic {
  readonly greeted: Map<KeyPin, string> = new Map();
  readonly revoked: Map<KeyPin, Revocation> = new Map();
  /** What was answered how often. */
  readonly answers: Map<string, number> = new Map();
  readonly problems: string[] = [];
  readonly #options: TrafficOptions;
  readonly #open: Open[] = [];
  readonly #revocable: KeyPin[] = [];
  #count = 0;
  #asked = 0;
  #underWay = 0;
  #isOver = false;

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  /** Until `end`; resolves when all that was asked was answered. */
  async run(): Promise<void> {
    const probing = this.#probe();
    while (!this.#isOver) {
      await pause(this.#asked < DENSE ? 1 : SPARSE_MS);
      if (this.#underWay < AT_ONCE) this.#one();
    }
    const { answeredMs } = this.#options;
    const until = performance.now() + answeredMs;
    while (this.#underWay > 0) {
      await pause(10);
      if (performance.now() < until) continue;
      this.problems.push(`${this.#underWay} changes were not answered within ${answeredMs} ms`);
      break;
    }
    await probing;
  }

  end(): void {
    this.#isOver = true;
  }

  #one(): void {
    const kind = this.#options.chance.next();
    if (kind < 0.55) this.#race();
    else if (kind < 0.65) this.#token();
    else if (kind < 0.8) this.#join();
    else this.#revoke();
  }

  #race(): void {
    const peer = `peer-${this.#options.label}${++this.#count}`;
    for (const [rival, node] of this.#some().entries()) {
      const certificate = certificateOf(`${peer}.${rival}`, peer);
      const { pin } = certificate;
      const change = {
        type: "claim",
        ...origin(),
        ...PENDING,
        certificate,
        peer,
        source: "first-use",
      } as const;
      void this.#ask(node, change, () => this.#greet(pin, node));
    }
  }

  #token(): void {
    const number = ++this.#count;
    const peer = `token-${this.#options.label}${number}`;
    const id = this.#options.chance.uuid().replaceAll("-", "");
    const token = {
      id,
      publicKey: new Uint8Array(32).fill(number % 256),
      peer,
      serverPin: certificateOf("server", "server").pin,
      from: null,
      replace: false,
      expires: LATER,
    };
    void this.#ask(this.#node(), { type: "create-token", ...origin(), token }, () =>
      this.#open.push({ id, peer }),
    );
  }

  #join(): void {
    const token = this.#open.shift();
    if (token === undefined) return;
    for (const [rival, node] of this.#some().entries()) {
      const certificate = certificateOf(`${token.peer}.${rival}`, undefined);
      const change = { type: "join", ...origin(), certificate, token: token.id } as const;
      void this.#ask(node, change, () => this.#greet(certificate.pin, node));
    }
  }

  #revoke(): void {
    const { chance } = this.#options;
    if (this.#revocable.length === 0) return;
    const [key] = this.#revocable.splice(chance.below(this.#revocable.length), 1);
    if (key === undefined) return;
    const node = this.#node();
    void this.#ask(node, { type: "revoke", ...origin(), key }, (isLater) =>
      this.revoked.set(key, { at: performance.now(), alone: isLater ? node : undefined }),
    );
  }

  #greet(pin: KeyPin, node: NodeHandle): void {
    this.greeted.set(pin, node.name);
    this.#revocable.push(pin);
  }

  async #ask(node: NodeHandle, change: Change, changed: (isLater: boolean) => void): Promise<void> {
    this.#asked += 1;
    this.#underWay += 1;
    let answer: string;
    try {
      const outcome = await node.apply(change);
      answer = outcome.kind;
      if (outcome.kind === "changed") changed(outcome.later === true);
    } catch (error) {
      answer = error instanceof Unanswered ? error.code : String(error);
      if (!(await this.#isExpected(answer, change, node)))
        this.problems.push(`${change.type} at ${node.name}: ${answer}: ${String(error)}`);
    }
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    this.#underWay -= 1;
  }

  /** Whoever is revoked is barred on the spot, whatever rules others go by: unless nobody knows them there. */
  async #isExpected(code: string, change: Change, node: NodeHandle): Promise<boolean> {
    if (code !== "ERR_HANDCLASP_STORE_NEWER") return EXPECTED.has(code);
    if (change.type !== "revoke") return true;
    const states = await node.judge([change.key as KeyPin]).catch((): readonly string[] => []);
    return !states.includes("trusted");
  }

  /** All the time: nobody is let in whom a machine must know to be revoked. */
  async #probe(): Promise<void> {
    while (!this.#isOver) {
      await pause(PROBE_MS);
      await Promise.all(this.#options.nodes.map((node) => this.#probeAt(node)));
    }
  }

  async #probeAt(node: NodeHandle): Promise<void> {
    const late = performance.now() - this.#options.boundMs;
    const lostAt = this.#options.lostAt();
    const pins = [...this.revoked]
      .filter(([, one]) => one.at > lostAt && heldSince(one, node) < late)
      .slice(-PROBED);
    if (!node.isAlive || pins.length === 0) return;
    const states = await node.judge(pins.map(([pin]) => pin)).catch(() => []);
    for (const [at, state] of states.entries()) {
      if (state === "trusted") this.problems.push(`${node.name} lets ${pins[at]?.[0]} in, which is revoked`);
    }
  }

  #some(): readonly NodeHandle[] {
    const { chance } = this.#options;
    return Array.from({ length: 1 + chance.below(3) }, () => this.#node());
  }

  #node(): NodeHandle {
    return this.#options.chance.pick(this.#options.nodes);
  }
}

/** Since when a machine has to know of it. Where the only one that did ended before it said so, that is when it has come back and did. */
function heldSince(revocation: Revocation, node: NodeHandle): number {
  const { at, alone } = revocation;
  if (alone === undefined || alone === node || (alone.isAlive && alone.startedAt < at)) return at;
  if (alone.hasLater()) return Infinity;
  revocation.at = performance.now();
  revocation.alone = undefined;
  return revocation.at;
}

function origin(): { readonly at: number; readonly actor: typeof ACTOR } {
  return { at: Date.now(), actor: ACTOR };
}

function certificateOf(key: string, claimedName: string | undefined): SeenCertificate {
  return toSeenCertificate(settledFacts(key, "", claimedName));
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
