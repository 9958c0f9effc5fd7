import type { DatabaseSync } from "node:sqlite";
import { RULES } from "../../trust/rules.ts";
import type { KnownNode, NodeReport } from "../../trust/port/node-roster.ts";
import { readVersion } from "../../version.ts";
import { ServingReader } from "../sqlite/shared/serving-rows.ts";
import { EqualStandings } from "./equal-standings.ts";
import { ReplicaReader } from "./replica-reader.ts";
import { type Runtime, SYSTEM } from "./runtime.ts";
import { thisBoot } from "./this-boot.ts";

interface Self extends Pick<NodeReport, "id" | "runOn"> {
  /** What it is called now. */
  readonly name: () => string;
}

/** What a machine says of itself, as its replica has it. */
export class NodeSelf {
  readonly id: string;
  /** Whether the others came to the same. */
  readonly standings: EqualStandings = new EqualStandings();
  /** Whether another machine says that it is this one. */
  isDoubled = false;
  readonly #replica: ReplicaReader;
  readonly #runOn: string;
  readonly #serving: ServingReader;
  readonly #runtime: Pick<Runtime, "now">;
  readonly #called: () => string;
  #name: string | undefined;

  /** `runOn` is by default this machine since it started. */
  constructor(
    database: DatabaseSync,
    { id, name, runOn = THIS_BOOT }: Self,
    runtime: Pick<Runtime, "now"> = SYSTEM,
  ) {
    this.id = id;
    this.#runOn = runOn;
    this.#called = name;
    this.#replica = new ReplicaReader(database);
    this.#serving = new ServingReader(database);
    this.#runtime = runtime;
  }

  /** As it was reported last: another process on the replica may have given it another one since. */
  get name(): string {
    return (this.#name ??= this.#called());
  }

  /** What all machines said last. */
  compare(nodes: readonly KnownNode[]): void {
    this.standings.compare(nodes);
    this.isDoubled = nodes.some((node) => node.id === this.id && node.isDoubled === true);
  }

  report(): NodeReport {
    const { place, head, digest } = this.#replica.standing();
    this.#name = this.#called();
    const report = {
      id: this.id,
      name: this.#name,
      version: VERSION,
      rules: RULES,
      position: place.position,
      head,
      digest,
      listeners: this.#serving.listeners(this.#runtime.now()),
      runOn: this.#runOn,
    };
    this.standings.note(report);
    return report;
  }
}

const VERSION = readVersion();
const THIS_BOOT = thisBoot();
