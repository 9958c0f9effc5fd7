import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Home, type LogLine, type RunningServer, startServe } from "../cli/support/serve.ts";
import { fresh, type KnownCredentials } from "./support/certificates.ts";
import { CliLines, json } from "./support/cli-lines.ts";
import { HeldConnection } from "./support/held-connection.ts";
import { stackOf } from "./support/stacks.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

interface ListedEvent {
  readonly sequence: number;
  readonly at: string;
  readonly type: string;
  readonly pin: string | null;
  readonly hash: string;
}

interface ListedConnection {
  readonly process: string;
  readonly pin: string;
}

describe("two servers and the command line on one store", () => {
  const home = new Home();
  const node = stackOf("node", "TLSv1.3");
  let one: RunningServer;
  let other: RunningServer;
  let follower: CliLines<ListedEvent>;
  let ada: KnownCredentials;

  before(async () => {
    one = await startServe(home, ["--first-use", "ask"]);
    other = await startServe(home, ["--first-use", "ask"]);
    follower = new CliLines<ListedEvent>(home, "trust", "events", "--follow", "--json");
    ada = await fresh(home, "ada");
  });
  after(async () => {
    await follower.stop();
    await one.stop();
    await other.stop();
    home[Symbol.dispose]();
  });

  /** Connects, and gives the line that the server logs about it. */
  async function meet(server: RunningServer, who: KnownCredentials): Promise<LogLine> {
    const from = server.log.length;
    await node.connect(server.port, who);
    return await server.logged((line) => server.log.indexOf(line) >= from && line["pin"] === who.pin);
  }

  async function events(): Promise<readonly ListedEvent[]> {
    const { code, stdout, stderr } = await home.run(["trust", "events", "--json"]);
    assert.equal(code, 0, stderr);
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as ListedEvent);
  }

  it("are one server to clients, with one key", () => {
    assert.notEqual(one.port, other.port);
    assert.equal(one.pin, other.pin);
  });

  it("both let in a key that was shown to one and approved by the command line", async () => {
    assert.equal((await meet(one, ada))["reason"], "pending");
    assert.equal((await meet(other, ada))["reason"], "pending");
    await json(home, "trust", "approve", "ada");
    for (const server of [one, other]) assert.equal((await meet(server, ada)).event, "recognised");
  });

  it("both accept strangers while the command line holds the door open, and know each other's", async () => {
    await json(home, "trust", "open", "--for", "10m");
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const stranger = await fresh(home, `guest of ${first.port}`);
      assert.equal((await meet(first, stranger)).event, "met");
      assert.equal((await meet(second, stranger)).event, "recognised");
    }
    await json(home, "trust", "open", "--close");
    for (const server of [one, other]) {
      assert.equal((await meet(server, await fresh(home, `late at ${server.port}`)))["reason"], "pending");
    }
  });

  it("let only one of two keys have a name that both claim at once", async () => {
    await json(home, "trust", "open", "--for", "10m");
    const rivals = [await fresh(home, "twin"), await fresh(home, "twin")] as const;
    const lines = await Promise.all([meet(one, rivals[0]), meet(other, rivals[1])]);
    await json(home, "trust", "open", "--close");
    assert.deepEqual(
      new Set(lines.map(({ event, reason }) => reason ?? event)),
      new Set(["met", "key-changed"]),
    );
  });

  it("both call a peer by the name that the command line gave it", async () => {
    await json(home, "trust", "rename", "ada", "Countess of Lovelace");
    for (const server of [one, other]) {
      const { event, peer } = await meet(server, ada);
      assert.deepEqual({ event, peer }, { event: "recognised", peer: "Countess of Lovelace" });
    }
  });

  it(
    "have their open connections in one list, until these close",
    { timeout: FILE_PATIENCE_MS },
    async () => {
      const held = [await HeldConnection.open(one.port, ada), await HeldConnection.open(other.port, ada)];
      let open: ListedConnection[] = [];
      do open = await json<ListedConnection[]>(home, "trust", "connections");
      while (open.length < held.length);
      assert.equal(new Set(open.map(({ process }) => process)).size, 2);
      assert.deepEqual(new Set(open.map(({ pin }) => pin)), new Set([ada.pin]));
      for (const connection of held) connection[Symbol.dispose]();
      do open = await json<ListedConnection[]>(home, "trust", "connections");
      while (open.length > 0);
    },
  );

  it("both cut a peer off when it is revoked by the command line", async (context) => {
    const guest = await fresh(home, "guest");
    await json(home, "trust", "add", guest.certFile);
    using here = await HeldConnection.open(one.port, guest);
    using there = await HeldConnection.open(other.port, guest);
    for (const server of [one, other]) await server.logged(({ pin }) => pin === guest.pin);
    await json(home, "trust", "revoke", guest.pin);
    const closedAt = await Promise.all([here.closedAt, there.closedAt]);
    const revoked = (await events()).find(({ type, pin }) => type === "revoked" && pin === guest.pin);
    assert.ok(revoked);
    for (const server of [one, other]) {
      assert.equal((await node.connect(server.port, guest)).alert, 44);
      await server.logged(({ event, pin }) => event === "revoked" && pin === guest.pin);
    }
    context.diagnostic(
      `ended ${Math.max(...closedAt) - Date.parse(revoked.at)} ms after the time of the event`,
    );
  });

  it("tell a third process everything as it happens", async () => {
    const all = await events();
    await follower.until(all.length);
    assert.deepEqual(follower.lines, all);
    const types = new Set(all.map(({ type }) => type));
    for (const type of ["revoked", "renamed"])
      assert.ok(types.has(type), `${type} in ${[...types].join(" ")}`);
    assert.equal(await follower.stop(), 0);
  });

  it("have made one chain of events that verifies", async () => {
    const { ok } = await json<{ ok: boolean }>(home, "trust", "audit", "verify");
    assert.equal(ok, true);
    await json(home, "store", "check");
    const sequences = (await events()).map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      sequences.map((_, index) => index + 1),
    );
  });
});
