import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Home, type RunResult, startServe } from "../cli/support/serve.ts";
import { printed, printedJson } from "../cli/support/trust.ts";
import { until } from "../proxies/support/until.ts";

interface ShownKey {
  readonly peer: string;
  readonly state: string;
  readonly source: string;
  readonly pin: string;
  readonly phrase: string | null;
}

interface ShownIdentity {
  readonly pin: string;
  readonly keyType: string;
}

/** One laptop and one server, as the people at both see them. */
class Story {
  readonly office: Home;
  readonly laptop: Home;
  readonly #address: string;

  constructor(office: Home, laptop: Home, address: string) {
    this.office = office;
    this.laptop = laptop;
    this.#address = address;
  }

  connect(...args: readonly string[]): Promise<RunResult> {
    return this.laptop.run(["connect", this.#address, "--verify-server", "refuse", ...args], "it is me\n");
  }

  async isGreeted(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.connect(...args);
    assert.deepEqual([code, stdout], [0, "Hello, it is me"], stderr);
    return stderr;
  }

  async isRefused(alert: string, ...args: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await this.connect(...args);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.ok(stderr.includes(alert), stderr);
  }

  own(...args: readonly string[]): Promise<ShownIdentity> {
    return printedJson<ShownIdentity>(this.laptop, "identity", "show", ...args);
  }

  /** The states of the keys that are called so, by pin. */
  async keys(peer: string): Promise<ReadonlyMap<string, string>> {
    const keys = await printedJson<ShownKey[]>(this.office, "trust", "list");
    assert.ok(keys.every((key) => key.peer === peer));
    return new Map(keys.map(({ pin, state }) => [pin, state]));
  }

  /** The types of all events. */
  async events(): Promise<readonly string[]> {
    const lines = (await printed(this.office, "trust", "events", "--json")).trim().split("\n");
    return lines.map((line) => (JSON.parse(line) as { type: string }).type);
  }

  /** What a refusal leaves behind is written a moment later. */
  async happened(type: string, times: number): Promise<void> {
    const count = async (): Promise<number> => (await this.events()).filter((each) => each === type).length;
    await until(async () => (await count()) >= times, type);
  }

  /** The twelve words are the same at both ends. */
  async comparePhrases(): Promise<string> {
    const { pin } = await this.own();
    const said = await this.isGreeted("--show-phrase");
    const [key] = await printedJson<ShownKey[]>(this.office, "trust", "show", pin);
    const phrase = key?.phrase ?? assert.fail("no phrase at the server");
    assert.equal(phrase.split(" ").length, 12);
    assert.ok(said.includes(phrase), said);
    return phrase;
  }
}

describe("an identity that lives, from its invitation to its end", () => {
  for (const type of ["p256", "ml-dsa-65"]) {
    it(`joins, is compared, rotates, renews, follows its server and is revoked, with ${type} keys`, async () => {
      using office = new Home();
      using laptop = new Home();
      await using server = await startServe(office, ["--first-use", "refuse"]);
      const story = new Story(office, laptop, server.address);
      const name = "laptop-anna";

      const token = (await printed(office, "token", "create", name)).trim();
      const joined = await laptop.run(["join", token, "--type", type]);
      assert.equal(joined.code, 0, joined.stderr);
      const first = await story.own();
      assert.equal(first.keyType, type);
      assert.deepEqual(await story.keys(name), new Map([[first.pin, "trusted"]]));
      const phrase = await story.comparePhrases();

      // Two rotations while the server hears of neither.
      const folder = laptop.path("handclasp", "identities");
      copyFileSync(`${folder}/default.pem`, `${folder}/old.pem`);
      await printed(laptop, "identity", "rotate");
      await printed(laptop, "identity", "rotate");
      const third = await story.own();
      assert.equal(third.keyType, type);
      await story.isGreeted();
      const keys = new Map([
        [first.pin, "retired"],
        [third.pin, "trusted"],
      ]);
      assert.deepEqual(await story.keys(name), keys);
      await story.isRefused("certificate_revoked", "--identity", "old");
      await story.happened("stale-key-seen", 1);
      assert.notEqual(await story.comparePhrases(), phrase);

      await printed(laptop, "identity", "renew");
      assert.equal((await story.own()).pin, third.pin);
      await story.isGreeted();
      assert.deepEqual(await story.keys(name), keys);

      await printed(office, "identity", "rotate", "--server", "--type", type);
      await server.logged(({ event }) => event === "identity-changed");
      await story.isGreeted();
      await story.comparePhrases();

      await printed(office, "trust", "revoke", third.pin);
      await story.isRefused("certificate_revoked");
      await story.happened("stale-key-seen", 2);
      const again = (await printed(office, "token", "create", name)).trim();
      const lifted = await laptop.run(["join", again]);
      assert.equal(lifted.code, 1);
      assert.match(lifted.stderr, /certificate_revoked/);
      assert.equal((await story.keys(name)).get(third.pin), "revoked");
      assert.match(await printed(office, "trust", "audit", "verify"), /^ok: /);
      assert.deepEqual(await story.events(), [
        "token-created",
        "joined",
        "rotated",
        "retired",
        "stale-key-seen",
        "revoked",
        "stale-key-seen",
        "token-created",
      ]);
    });
  }
});
