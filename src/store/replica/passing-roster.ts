import type { Beat, KnownNode, NodeReport, NodeRoster } from "../../trust/port/node-roster.ts";

/** The roster for who only asks or does something: what is said of this machine is what its servers say. */
export class PassingRoster implements NodeRoster {
  readonly #roster: NodeRoster;

  constructor(roster: NodeRoster) {
    this.#roster = roster;
  }

  beat(_report: NodeReport): Promise<Beat> {
    return this.#roster.visit();
  }

  visit(): Promise<Beat> {
    return this.#roster.visit();
  }

  nodes(): Promise<readonly KnownNode[]> {
    return this.#roster.nodes();
  }

  rules(): Promise<number> {
    return this.#roster.rules();
  }

  raiseRules(to: number): Promise<readonly KnownNode[]> {
    return this.#roster.raiseRules(to);
  }

  forget(id: string): Promise<void> {
    return this.#roster.forget(id);
  }
}
