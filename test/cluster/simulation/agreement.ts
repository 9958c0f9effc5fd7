import { isDeepStrictEqual } from "node:util";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { decidedRows } from "../../store/replica/support/decided-rows.ts";
import type { Expectation } from "./expectation.ts";
import type { LogServer } from "./log-server.ts";
import type { SimulatedNode } from "./simulated-node.ts";

/** That nodes which are equally far have the same, and have what the log leads to. */
export class Agreement {
  readonly #server: LogServer;
  /** What all who are at a position must have. */
  readonly #standings = new Map<number, string>();
  readonly #checkedTo = new Map<SimulatedNode, number>();
  #hasBranched = false;

  constructor(server: LogServer) {
    this.#server = server;
  }

  /** The log has nothing any more of what came after a position. */
  endsAt(position: number): void {
    this.#hasBranched = true;
    for (const at of this.#standings.keys()) if (at > position) this.#standings.delete(at);
    for (const [node, to] of this.#checkedTo) this.#checkedTo.set(node, Math.min(to, position));
  }

  /** After each transaction on a replica. Returns what it has when that is further than before. Throws what does not hold. */
  check(node: SimulatedNode, expected: Expectation): string | undefined {
    const { place, head, digest } = node.standing();
    const { position, hash } = place;
    if (!this.#server.has(place)) {
      if (!this.#hasBranched) throw new Error(`${node.id} is at ${position}, which the log never had`);
      return undefined;
    }
    const from = this.#checkedTo.get(node) ?? 0;
    if (position === from) return undefined;
    if (position < from) throw new Error(`${node.id} went back from ${from} to ${position}`);
    this.#checkedTo.set(node, position);
    const standing = `${position} ${hash}, event ${head.sequence} ${head.hash}, digest ${digest}`;
    const others = this.#standings.get(position) ?? standing;
    this.#standings.set(position, others);
    if (others !== standing) throw new Error(`one has ${others}, and ${node.id} ${standing}`);
    for (let at = from + 1; at <= position; at++) checkEntry(node, expected, { at, position });
    return standing;
  }

  /** Once all goes well again. */
  end(nodes: readonly SimulatedNode[], expected: Expectation): void {
    const end = this.#server.length;
    const [first, ...others] = nodes;
    if (first === undefined) return;
    for (const node of nodes) {
      const { position } = node.standing().place;
      if (position !== end) throw new Error(`${node.id} is at ${position}, and the log ends at ${end}`);
      for (const pin of expected.keys) checkKey(node, expected, { pin, position: end });
    }
    const rows = decidedRows(first.database);
    for (const other of others) {
      if (!isDeepStrictEqual(decidedRows(other.database), rows))
        throw new Error(`${other.id} has other rows than ${first.id} at the end`);
    }
    checkCounts(first, expected);
  }
}

/** Those that an entry was about are what the log led to. */
function checkEntry(
  node: SimulatedNode,
  expected: Expectation,
  { at, position }: { readonly at: number; readonly position: number },
): void {
  const about = expected.about(at);
  if (about === undefined) return;
  for (const pin of about.pins) checkKey(node, expected, { pin, position });
  if (about.name !== null && node.holders(about.name) > 1)
    throw new Error(`${about.name} has more than one key at ${node.id}, at ${position}`);
}

function checkKey(
  node: SimulatedNode,
  expected: Expectation,
  { pin, position }: { readonly pin: KeyPin; readonly position: number },
): void {
  const wanted = expected.stateAt(pin, position);
  const state = node.state(pin);
  const isRight = wanted === undefined ? state !== "trusted" : state === wanted;
  if (!isRight) throw new Error(`${pin} is ${state} at ${node.id}, at ${position}, and should be ${wanted}`);
}

/** As many peers as names that were won, and as many of them by tokens as tokens were used. */
function checkCounts({ database }: SimulatedNode, expected: Expectation): void {
  const count = (sql: string): number => Number(database.prepare(sql).get()?.["count"]);
  const own = "name_key GLOB 'peer-*' OR name_key GLOB 'token-*'";
  const names = count(`SELECT count(DISTINCT name_key) AS count FROM keys WHERE ${own}`);
  const keys = count(`SELECT count(*) AS count FROM keys WHERE ${own}`);
  const used = count(
    "SELECT count(*) AS count FROM tokens WHERE peer GLOB 'token-*' AND used_by IS NOT NULL",
  );
  const { size } = expected.names;
  if (names === size && keys === size && used === expected.tokensUsed) return;
  throw new Error(
    `there are ${names} names with ${keys} keys, and ${used} tokens that were used: the log has ${size}, and ${expected.tokensUsed}`,
  );
}
