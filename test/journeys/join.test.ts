import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeJoinToken, parseJoinToken } from "../../src/trust/naming/join-token.ts";
import { Home, type RunResult, startServe, until } from "../cli/support/serve.ts";
import { json } from "./support/cli-lines.ts";

interface ListedKey {
  readonly peer: string;
  readonly state: string;
  readonly source: string;
  readonly pin: string;
}

interface ListedEvent {
  readonly type: string;
  readonly peer: string | null;
  readonly details: Readonly<Record<string, string | null>>;
}

async function tokenFor(home: Home, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await home.run(["token", "create", ...args]);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

function assertTurnedAway({ code, stdout, stderr }: RunResult): void {
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" }, stderr);
  assert.match(stderr, /error: refused by the server: access_denied \(alert 49\) \[ERR_HANDCLASP_REFUSED\]/);
}

describe("inviting a laptop with one string", () => {
  for (const firstUse of ["ask", "refuse"]) {
    it(`is one command and no question at a server with --first-use ${firstUse}`, async () => {
      using home = new Home();
      using laptop = new Home();
      await using server = await startServe(home, [
        "--first-use",
        firstUse,
        "--client-certificate",
        "required",
      ]);
      const token = await tokenFor(home, "laptop-anna", "--server", server.address);
      const joined = await laptop.run(["join", token]);
      assert.equal(joined.code, 0, joined.stderr);
      assert.match(joined.stdout, /^joined 127\.0\.0\.1:\d+ as laptop-anna, with the key \S+\n$/);
      const connected = await laptop.run(["connect", server.address, "--verify-server", "refuse"], "anna\n");
      assert.deepEqual([connected.code, connected.stdout], [0, "Hello, anna"]);
      const recognised = await server.logged(
        ({ event, renewed }) => event === "recognised" && renewed === false,
      );
      assert.equal(recognised["peer"], "laptop-anna");
      const [key, ...more] = await json<ListedKey[]>(home, "trust", "list");
      assert.partialDeepStrictEqual(key, { peer: "laptop-anna", state: "trusted", source: "token" });
      assert.deepEqual(more, []);
    });
  }

  it("turns away whoever comes with a token that is no good, and says why in the events", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "ask"]);
    const used = await tokenFor(home, "used");
    using owner = new Home();
    assert.equal((await owner.run(["join", used])).code, 0);
    const cancelled = await tokenFor(home, "cancelled");
    await json(home, "token", "cancel", parseJoinToken(cancelled).id);
    const expired = await tokenFor(home, "expired", "--expires", "1s");
    const far = await tokenFor(home, "far", "--from", "192.0.2.0/24");
    const whole = parseJoinToken(await tokenFor(home, "tampered"));
    const tampered = encodeJoinToken({ ...whole, seed: Uint8Array.from(whole.seed, (byte) => byte ^ 1) });
    const unknown = encodeJoinToken({ ...whole, id: "00".repeat(16), peer: "root" });
    await until(() => Date.now() > parseJoinToken(expired).expires);
    const tokens = {
      "token-used": used,
      "token-cancelled": cancelled,
      "token-expired": expired,
      "wrong-address": far,
      "bad-proof": tampered,
      "unknown-token": unknown,
    };
    for (const [detail, token] of Object.entries(tokens)) {
      using thief = new Home();
      assertTurnedAway(await thief.run(["join", token]));
      const refused = await server.logged((line) => line.event === "refused" && line["detail"] === detail);
      assert.partialDeepStrictEqual(refused, { reason: "token-invalid", alert: "access_denied" });
    }
    const lines = (await home.run(["trust", "events", "--json"])).stdout.trim().split("\n");
    const problems = lines
      .map((line) => JSON.parse(line) as ListedEvent)
      .filter(({ type }) => type === "token-refused")
      .map(({ peer, details }) => [peer, details["problem"]]);
    assert.deepEqual(problems, [
      ["used", "token-used"],
      ["cancelled", "token-cancelled"],
      ["expired", "token-expired"],
      ["far", "wrong-address"],
      ["tampered", "bad-proof"],
    ]);
    const keys = await json<ListedKey[]>(home, "trust", "list");
    assert.deepEqual(
      keys.map(({ peer, state }) => [peer, state]),
      [["used", "trusted"]],
    );
  });

  it("gives a token that is stolen and used by many at once to exactly one", async () => {
    using home = new Home();
    await using first = await startServe(home, ["--first-use", "accept"]);
    await using second = await startServe(home, ["--first-use", "accept"]);
    assert.equal(first.pin, second.pin);
    const token = await tokenFor(home, "laptop-anna", "--server", first.address, "--server", second.address);
    const { servers, ...rest } = parseJoinToken(token);
    const turned = encodeJoinToken({ ...rest, servers: servers.toReversed() });
    const homes = Array.from({ length: 8 }, () => new Home());
    try {
      const joins = await Promise.all(
        homes.map((each, at) => each.run(["join", at % 2 === 0 ? token : turned])),
      );
      const won = joins.filter(({ code }) => code === 0);
      assert.equal(won.length, 1, joins.map(({ stderr }) => stderr).join(""));
      for (const join of joins) if (join.code !== 0) assertTurnedAway(join);
      const trusted = (await json<ListedKey[]>(home, "trust", "list")).filter(
        ({ state }) => state === "trusted",
      );
      assert.equal(trusted.length, 1);
    } finally {
      for (const each of homes) each[Symbol.dispose]();
    }
  });
});
