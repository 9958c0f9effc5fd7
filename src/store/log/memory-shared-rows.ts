import {
  type Exchanged,
  GONE_KEPT_MS,
  MOST_READ,
  MOST_VALUE_BYTES,
  type ReadRow,
  RUN_SILENT_MS,
  SHARED_BOUNDS,
  type SharedBounds,
  type SharedKind,
  type SharedPlace,
  type SharedRow,
  type SharedRows,
} from "../../trust/port/shared-rows.ts";
import { settingConflict } from "./setting-conflict.ts";

interface Kept extends SharedRow {
  readonly node: string | null;
  readonly by: string | null;
  readonly written: number;
  readonly born: number;
  readonly revision: number;
}

const MOMENTS: ReadonlySet<SharedKind> = new Set(["seen", "looked", "used"]);
const EVERYBODYS: ReadonlySet<SharedKind> = new Set([...MOMENTS, "session", "setting"]);
const EPOCH = "memory";

/** Rows that last as long as the process: for tests, and for simulations of many nodes in one. */
export class MemorySharedRows implements SharedRows {
  readonly #now: () => number;
  readonly #bounds: SharedBounds;
  /** In the order of their revisions. */
  readonly #rows = new Map<string, Kept>();
  readonly #listeners = new Set<() => void>();
  #revision = 0;
  #forgotten = 0;

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number, bounds: SharedBounds = SHARED_BOUNDS) {
    this.#now = now;
    this.#bounds = bounds;
  }

  async exchange(rows: readonly SharedRow[], node: string, after: SharedPlace): Promise<Exchanged> {
    for (const row of rows) this.#write(row, node);
    if (rows.some(({ kind }) => kind === "waiting")) this.#boundWaiting();
    this.#boundRefusals(node);
    for (const kind of new Set(rows.map((row) => row.kind))) this.#boundKind(kind);
    this.#tidy();
    return this.#read(node, after);
  }

  async putSetting(name: string, value: string, former: string | null, node: string): Promise<void> {
    if ((this.#rows.get(`setting  ${name}`)?.value ?? null) !== former) throw settingConflict(name);
    this.#write({ kind: "setting", key: name, value, at: 0 }, node);
  }

  onMore(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #read(node: string, after: SharedPlace): Exchanged {
    const isWhole = after.epoch !== EPOCH || after.since < this.#forgotten || after.revision > this.#revision;
    const from = isWhole ? 0 : after.revision;
    const since = isWhole ? this.#revision : after.since;
    const found = [...this.#rows.values()].filter(
      (row) =>
        row.revision > from &&
        (row.by !== node || (from < since && row.node === null)) &&
        (row.value !== null || row.revision > since),
    );
    const kept = found.slice(0, MOST_READ);
    const hasMore = found.length > kept.length;
    const revision = hasMore ? (kept.at(-1)?.revision ?? 0) : this.#revision;
    return {
      rows: kept.map((row) => this.#toRead(row)),
      place: { epoch: EPOCH, revision, since: hasMore ? since : this.#revision },
      isWhole,
      hasMore,
    };
  }

  #toRead({ kind, key, node, value, at, written }: Kept): ReadRow {
    return { kind, key, node, value, at, ageMs: this.#now() - written };
  }

  #write(row: SharedRow, by: string): void {
    const { kind, key, value } = row;
    if (!Object.hasOwn(this.#bounds.kinds, kind)) return;
    if (value !== null && Buffer.byteLength(value) > MOST_VALUE_BYTES) return;
    const node = EVERYBODYS.has(kind) ? null : by;
    const place = placeOf(kind, node, key);
    const there = this.#rows.get(place);
    const at = MOMENTS.has(kind) ? Math.min(row.at, this.#now()) : row.at;
    if (value === null) {
      if (there === undefined || there.value === null) return;
      if (MOMENTS.has(kind)) this.#rows.delete(place);
      else this.#end(place, there, by);
    } else {
      const isOlder = MOMENTS.has(kind) && there !== undefined && at <= there.at;
      const isSame = kind !== "run" && there?.value === value && there.at === at;
      if (isOlder || isSame) return;
      this.#put(place, {
        kind,
        key,
        node,
        value,
        at,
        by,
        born: there?.value === null ? undefined : there?.born,
      });
    }
    if (kind === "waiting" || kind === "session" || kind === "setting")
      for (const listener of this.#listeners) queueMicrotask(listener);
  }

  #put(place: string, row: Omit<Kept, "written" | "born" | "revision"> & { born: number | undefined }): void {
    this.#revision += 1;
    this.#rows.delete(place);
    const born = row.born ?? this.#revision;
    this.#rows.set(place, { ...row, born, written: this.#now(), revision: this.#revision });
  }

  #end(place: string, row: Kept, by: string | null): void {
    this.#put(place, { ...row, value: null, by });
  }

  #boundWaiting(): void {
    const all = new Map<string, [string, Kept][]>();
    for (const [place, row] of this.#rows)
      if (row.kind === "waiting" && row.value !== null)
        all.set(row.node ?? "", [...(all.get(row.node ?? "") ?? []), [place, row]]);
    const { waiting: most, waitingBytes: mostBytes } = this.#bounds;
    const share = (rows: readonly [string, Kept][]): number =>
      Math.max(rows.length / most, bytesOf(rows) / mostBytes);
    let [room, roomBytes, machines] = [most, mostBytes, all.size];
    for (const [, rows] of [...all].toSorted(([, one], [, other]) => share(one) - share(other))) {
      const newest = rows.toSorted(([, one], [, other]) => other.born - one.born);
      const fits = (count: number): boolean =>
        count <= room / machines && bytesOf(newest.slice(0, count)) <= roomBytes / machines;
      let count = newest.length;
      while (count > 0 && !fits(count)) count -= 1;
      for (const [place, row] of newest.slice(count)) this.#end(place, row, null);
      room -= count;
      roomBytes -= bytesOf(newest.slice(0, count));
      machines -= 1;
    }
  }

  #boundRefusals(node: string): void {
    const own = [...this.#rows].filter(
      ([, row]) => row.kind === "refusal" && row.node === node && row.value !== null,
    );
    const surplus = own.slice(0, Math.max(0, own.length - this.#bounds.refusals));
    for (const [place, row] of surplus) this.#end(place, row, null);
  }

  #boundKind(kind: SharedKind): void {
    if (!Object.hasOwn(this.#bounds.kinds, kind)) return;
    const held = [...this.#rows].filter(([, row]) => row.kind === kind && row.value !== null);
    const { rows: most, bytes: mostBytes } = this.#bounds.kinds[kind];
    let many = held.length;
    let bytes = bytesOf(held) + held.reduce((sum, [, { key }]) => sum + Buffer.byteLength(key), 0);
    for (const [place, row] of held) {
      if (many <= most && bytes <= mostBytes) return;
      if (MOMENTS.has(kind)) this.#rows.delete(place);
      else this.#end(place, row, null);
      many -= 1;
      bytes -= Buffer.byteLength(row.key) + Buffer.byteLength(row.value ?? "");
    }
  }

  #tidy(): void {
    const now = this.#now();
    for (const [place, row] of this.#rows) {
      const { kind, key, node, value, written, at } = row;
      if (value === null) continue;
      const isSilent = kind === "run" && written < now - RUN_SILENT_MS;
      if (isSilent || ((kind === "waiting" || kind === "session") && at < now)) this.#end(place, row, null);
      if (!isSilent) continue;
      const connections = placeOf("connection", node, `${key} `);
      for (const other of this.#rows.keys()) if (other.startsWith(connections)) this.#rows.delete(other);
    }
    const gone = [...this.#rows].filter(([, { value }]) => value === null);
    const most = gone.length - this.#bounds.gone;
    for (const [at, [place, { revision, written }]] of gone.entries()) {
      if (at >= most && written >= now - GONE_KEPT_MS) continue;
      this.#rows.delete(place);
      this.#forgotten = Math.max(this.#forgotten, revision);
    }
  }
}

function placeOf(kind: SharedKind, node: string | null, key: string): string {
  return `${kind} ${node ?? ""} ${key}`;
}

function bytesOf(rows: readonly (readonly [string, Kept])[]): number {
  return rows.reduce((sum, [, { value }]) => sum + Buffer.byteLength(value ?? ""), 0);
}
