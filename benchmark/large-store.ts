// A store as large as any will be, for what looks at lists. As a program: makes one in a file, and checks it.
//
//     node benchmark/large-store.ts FILE [PEERS [EVENTS]]
import { hash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { recordSightings } from "../src/store/sqlite/sightings/sightings.ts";
import { sumOfRows } from "../src/store/sqlite/digest/trust-digest.ts";
import { connect } from "../src/store/sqlite/file/sqlite-file.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { SqliteTables } from "../src/store/sqlite/tables/sqlite-tables.ts";
import { applyChange } from "../src/trust/changes/apply-change.ts";
import type { Change, ChangeOrigin, SeenCertificate } from "../src/trust/records/change.ts";
import type { Actor, TrustEventType } from "../src/trust/records/events.ts";
import type { KeyPin } from "../src/trust/records/key-record.ts";
import { nameKey } from "../src/trust/naming/peer-name.ts";
import { prepareChange } from "../src/trust/prepare-change.ts";
import type { LiveConnection } from "../src/trust/records/sighting.ts";
import type { RefusalReason } from "../src/trust/records/verdict.ts";
import { createIdentity } from "../src/x509/create-identity.ts";

/** How much there is of what. */
export interface StoreSize {
  /** Keys of all states. */
  readonly peers: number;
  readonly events: number;
  readonly tokens: number;
  readonly refusals: number;
  readonly connections: number;
  /** Each with this many peers in it. */
  readonly groups: readonly number[];
}

/** What lists have to be quick with. */
export const LARGE: StoreSize = {
  peers: 100_000,
  events: 1_000_000,
  tokens: 20_000,
  refusals: 10_000,
  connections: 20_000,
  groups: [12_000, 5000, 3000, 1000, 200, 20],
};

/** Things to ask for in a store that was made. */
export interface LargeStore {
  /** A moment at which its connections are live; milliseconds since the epoch. */
  readonly now: number;
  /** A trusted peer with a long history. */
  readonly peer: string;
  readonly pin: KeyPin;
}

interface Known {
  readonly pin: KeyPin;
  readonly peer: string;
}

const OPERATOR: Actor = { user: "operator", process: "trust 4712", address: null, listener: null };
const DAY = 24 * 3600 * 1000;
const REASONS: readonly RefusalReason[] = ["pending", "key-changed", "revoked", "unknown", "rate-limited"];
const SITES = ["hall-3.plant", "roof.office", "gate.warehouse", "berlin.lab", "edge.field"];

/**
 * Makes a store in a file that is not there yet: keys in all states, each by the change that brings it about, and a chain
 * of events over them. Nothing is made durable before the end.
 */
export async function makeLargeStore(path: string, size: StoreSize = LARGE): Promise<LargeStore> {
  await openSqliteStore(path).close();
  const database = connect(path);
  database.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; BEGIN");
  const maker = new Maker(database, size, await certificates(50));
  const made = maker.make();
  database.prepare("UPDATE decided_sum SET sum = ?").run(sumOfRows(database));
  database.exec("COMMIT; PRAGMA journal_mode = WAL");
  database.close();
  return made;
}

/** The store in a file, as it was made there by an earlier run, or by this one. */
export async function keptLargeStore(path: string): Promise<LargeStore> {
  const about = `${path}.json`;
  if (!existsSync(about)) writeFileSync(about, JSON.stringify(await makeLargeStore(path)));
  return JSON.parse(readFileSync(about, "utf8")) as LargeStore;
}

class Maker {
  readonly #database: DatabaseSync;
  readonly #tables: SqliteTables;
  readonly #size: StoreSize;
  readonly #ders: readonly Uint8Array[];
  readonly #now = Date.now();
  readonly #trusted: Known[] = [];
  #at: number;
  /** So that all events fit into a year. */
  readonly #step: number;

  constructor(database: DatabaseSync, size: StoreSize, ders: readonly Uint8Array[]) {
    this.#database = database;
    this.#tables = new SqliteTables(database);
    this.#size = size;
    this.#ders = ders;
    this.#at = this.#now - 365 * DAY;
    this.#step = Math.floor((364 * DAY) / (size.events + size.peers));
  }

  make(): LargeStore {
    for (let index = 0; index < this.#size.peers; index++) this.#makeKey(index);
    const grouped = Math.min(Math.max(0, ...this.#size.groups), this.#trusted.length >> 1);
    const [some, ...others] = this.#trusted.slice(grouped);
    if (some === undefined) throw new Error("there is no trusted key among so few");
    this.#makeGroups(this.#trusted.slice(0, grouped));
    this.#makeTokens();
    this.#makeEvents(some, others);
    this.#makeSightings();
    return { now: this.#now, ...some };
  }

  #makeKey(index: number): void {
    const certificate = this.#certificate(nameOf(index));
    const { pin, claimedName } = certificate;
    const peer = claimedName ?? "";
    const kind = index % 100;
    // Half of those that wait claim a name that somebody has.
    if (kind === 0) this.#hold(certificate, index % 200 === 0 ? undefined : this.#trusted.at(-1));
    else if (kind < 70) {
      const pending = { pendingExpires: this.#now, maxPending: 1, source: "first-use" } as const;
      this.#apply({ type: "claim", ...this.#origin(index), ...pending, peer, certificate });
    } else this.#import(certificate, kind < 80 ? this.#now + 90 * DAY : null);
    if (kind > 0) this.#trusted.push({ pin, peer });
    if (kind >= 90) this.#leave(index);
  }

  /** Every tenth key comes to nothing, or is followed by another of its peer. */
  #leave(index: number): void {
    const { pin, peer } = this.#trusted.pop() as Known;
    const origin = this.#origin();
    const kind = index % 10;
    if (kind < 4) this.#apply({ type: "revoke", ...origin, key: pin });
    else if (kind < 5) this.#apply({ type: "ignore", ...origin, key: pin });
    else if (kind < 6) this.#apply({ type: "forget", ...origin, key: pin });
    else {
      const next = this.#certificate(peer);
      this.#import(next, null);
      this.#trusted.push({ pin: next.pin, peer });
    }
  }

  #import(certificate: SeenCertificate, expires: number | null): void {
    const onConflict = "replace";
    const what = { certificate, peer: null, onConflict, expires } as const;
    this.#apply({ type: "import", ...this.#origin(), ...what });
  }

  #hold(certificate: SeenCertificate, holder: Known | undefined): void {
    const claimedName = holder?.peer ?? certificate.claimedName;
    this.#apply({
      type: "hold",
      ...this.#origin(this.#at),
      certificate: { ...certificate, claimedName },
      peer: claimedName,
      conflictsWith: holder?.pin ?? null,
      pendingExpires: this.#now + 7 * DAY,
      maxPending: this.#size.peers,
    });
  }

  #apply(change: Change): void {
    applyChange(this.#tables, prepareChange(change));
  }

  #makeGroups(from: readonly Known[]): void {
    for (const [at, members] of this.#size.groups.entries()) {
      for (const { pin } of from.slice(0, members)) {
        const group = { key: pin, group: `group ${at}` };
        this.#apply({ type: "add-to-group", ...this.#origin(), ...group });
      }
    }
  }

  /** Not by their change, which drops those that ended: it would look through all of them for each. */
  #makeTokens(): void {
    const serverPin = randomPin();
    const since = this.#now - 20 * DAY;
    for (let index = 0; index < this.#size.tokens; index++) {
      const peer = `invited-${nameOf(index)}`;
      const createdAt = since + index;
      const expires = createdAt + 90 * DAY;
      const id = randomBytes(16).toString("hex");
      const publicKey = randomBytes(32);
      const token = {
        id,
        publicKey,
        peer,
        serverPin,
        from: null,
        replace: false,
        groups: [],
        createdAt,
        expires,
      };
      const ends = { usedAt: null, usedBy: null, cancelledAt: null };
      this.#tables.putToken({ ...token, ...ends, nameKey: nameKey(peer) });
      this.#append("token-created", { pin: null, peer }, createdAt, {
        token: id,
        expires: new Date(expires).toISOString(),
        from: null,
        replace: null,
        publicKey: publicKey.toString("hex"),
        serverPin,
      });
    }
  }

  /** What leaves the rows as they are: peers get another name and their own again; of `some` there are a thousand. */
  #makeEvents(some: Known, others: readonly Known[]): void {
    const from = this.#tables.head().sequence;
    for (let index = 0; from + index * 2 + 2 <= this.#size.events; index++) {
      const known = index % 1000 === 0 ? some : (others[index % others.length] ?? some);
      const other = `${known.peer} at work`;
      this.#append("renamed", { ...known, peer: other }, this.#tick(), { formerName: known.peer });
      this.#append("renamed", known, this.#tick(), { formerName: other });
    }
  }

  #append(
    type: TrustEventType,
    { pin, peer }: { readonly pin: KeyPin | null; readonly peer: string },
    at: number,
    details: Readonly<Record<string, string | null>>,
  ): void {
    const state = pin === null ? null : "trusted";
    this.#tables.appendEvent({ type, at, actor: OPERATOR, pin, peer, before: state, after: state, details });
  }

  #makeSightings(): void {
    const at = this.#now;
    const by = { id: "run", process: "gateway 4711", isListed: true, isWhole: true, at };
    const seen = this.#trusted.map(({ pin }, index) => ({ pin, at: at - index * 1000 }));
    const opened = Array.from({ length: this.#size.connections }, (_, index): LiveConnection => {
      const { pin, peer } = this.#trusted[index % this.#trusted.length] as Known;
      const where = { remoteAddress: addressOf(index), listener: `listener-${index % 7}` };
      return { id: randomBytes(8).toString("hex"), pin, peer, ...where, since: at - index * 100 };
    });
    const refusals = Array.from({ length: this.#size.refusals }, (_, index) => {
      const { pin, peer } = this.#trusted[index % this.#trusted.length] as Known;
      const reason = REASONS[index % REASONS.length] ?? "unknown";
      const lastAt = at - index * 50_000;
      const where = { address: addressOf(index), listener: "front", connection: `refused-${index}` };
      const what = { pin, peer, reason, detail: null, problem: null, fingerprint: null };
      return { ...what, ...where, firstAt: lastAt - 1000, lastAt, count: 1 + (index % 9) };
    });
    recordSightings(this.#database, by, { seen, opened, refusals, closed: [] });
  }

  #certificate(claimedName: string): SeenCertificate {
    const pin = randomPin();
    const der = this.#ders[claimedName.length % this.#ders.length] ?? new Uint8Array();
    return { pin, fingerprint: hash("sha256", pin, "hex"), der, claimedName };
  }

  #origin(from?: number): ChangeOrigin {
    const at = this.#tick();
    if (from === undefined) return { at, actor: OPERATOR };
    const where = { address: addressOf(from), listener: "front" };
    return { at, actor: { user: null, process: "gateway 4711", ...where } };
  }

  #tick(): number {
    return (this.#at += this.#step);
  }
}

/** As long as names are: 20 to 50 characters. */
function nameOf(index: number): string {
  const number = String(index).padStart(6, "0");
  switch (index % 4) {
    case 0:
      return `anna.${number}@example.com`;
    case 1:
      return `urn:uuid:6e8bc430-9c3a-11d9-9669-08002${number}0`;
    default:
      return `sensor-${number}.${SITES[index % SITES.length]}.example.com`;
  }
}

function addressOf(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

function randomPin(): KeyPin {
  return `sha256:${randomBytes(32).toString("base64")}`;
}

async function certificates(count: number): Promise<readonly Uint8Array[]> {
  const made: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    made.push((await createIdentity({ name: nameOf(index), now: new Date() })).facts.der);
  }
  return made;
}

if (import.meta.main) {
  const [path, peers = LARGE.peers, events = LARGE.events] = process.argv.slice(2);
  if (path === undefined) throw new Error("where to?");
  const started = performance.now();
  const made = await makeLargeStore(path, { ...LARGE, peers: Number(peers), events: Number(events) });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  await using store = openSqliteStore(path);
  const { problems, chain, rows } = store.check();
  console.log(JSON.stringify({ ...made, seconds, stats: store.stats(), problems, chain, rows }, null, 2));
}
