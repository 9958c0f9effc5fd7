import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { byApiToken, bySession } from "../../src/operator/secrets/sign-in.ts";
import { hashOfSecret } from "../../src/trust/naming/api-token.ts";
import { runHere } from "./support/run-here.ts";
import { Home } from "./support/serve.ts";
import { failure, openHomeStore, printed, printedJson } from "./support/trust.ts";

const DAY_MS = 24 * 3600 * 1000;

interface Created {
  readonly token: string;
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly expires: string;
}

function create(home: Home, name: string, scope = "approve", expires = "90d"): Promise<Created> {
  return printedJson<Created>(home, "api-token", "create", name, "--scope", scope, "--expires", expires);
}

describe("api-token create", () => {
  it("prints the token alone on a line, of characters that no shell or header minds", async () => {
    using home = new Home();
    const args = ["api-token", "create", "CI", "--scope", "read", "--expires", "90d"];
    const [one, other] = [await printed(home, ...args), await create(home, "phone")];
    assert.match(one, /^hca1\.[A-Za-z0-9_-]{43}\n$/);
    assert.notEqual(one.trim(), other.token);
  });

  it("keeps no more of it than its hash", async () => {
    using home = new Home();
    const { token, id } = await create(home, "CI");
    const { store } = openHomeStore(home);
    await using _ = store;
    const kept = store.apiToken(hashOfSecret(token));
    assert.deepEqual([kept?.id, kept?.name, kept?.scope], [id, "CI", "approve"]);
    const { items: events } = await store.listEvents();
    assert.doesNotMatch(JSON.stringify([kept, events]), new RegExp(token.slice(5, 20)));
  });

  it("wants a scope and an end, which is within a year", async () => {
    using home = new Home();
    const verb = ["api-token", "create", "CI"];
    for (const options of [
      [],
      ["--scope", "read"],
      ["--expires", "90d"],
      ["--scope", "root", "--expires", "90d"],
      ["--scope", "read", "--expires", "soon"],
      ["--scope", "read", "--expires", "never"],
    ]) {
      assert.equal((await runHere(home, [...verb, ...options])).code, 2, options.join(" "));
    }
    for (const expires of ["367d", "2020-01-01", "2999-01-01T00:00Z"]) {
      const { stderr } = await failure(home, ...verb, "--scope", "read", "--expires", expires);
      assert.match(stderr, /within 366 days/);
    }
    const { expires } = await create(home, "CI", "read", "366d");
    assert.ok(Date.parse(expires) > Date.now() + 365 * DAY_MS);
  });

  it("gives no two that are open the same name", async () => {
    using home = new Home();
    const { id } = await create(home, "CI");
    const again = ["api-token", "create", "ci", "--scope", "read", "--expires", "1d"];
    assert.match((await failure(home, ...again)).stderr, /ERR_HANDCLASP_CONFLICT/);
    await printed(home, "api-token", "cancel", id);
    await printed(home, ...again);
  });
});

describe("api-token list and cancel", () => {
  it("show what may be done with each, until when, and when it was used last", async () => {
    using home = new Home();
    assert.match(
      await printed(home, "api-token", "create", "CI", "--scope", "read", "--expires", "1d"),
      /^hca1/,
    );
    const { id } = await create(home, "the phone", "admin", "2d");
    const { store } = openHomeStore(home);
    await store.record({
      seen: [],
      refusals: [],
      opened: [],
      closed: [],
      used: [{ apiToken: id, at: Date.UTC(2026, 0, 2, 3, 4) }],
    });
    await store.close();
    const table = await printed(home, "api-token", "list");
    assert.match(table, /^ID +NAME +SCOPE +STATE +EXPIRES +LAST USED\n/);
    assert.match(table, new RegExp(`${id.slice(0, 12)} +the phone +admin +open +.*2026-01-02T03:04Z`));
    assert.match(table, /CI +read +open .*never/);
    const cancelled = await printedJson<object>(home, "api-token", "cancel", id.slice(0, 12));
    assert.partialDeepStrictEqual(cancelled, { id, name: "the phone", state: "cancelled", scope: "admin" });
    const listed = await printedJson(home, "api-token", "list", "--search", "phone");
    assert.deepEqual(listed, [cancelled]);
    assert.match((await failure(home, "api-token", "cancel", id)).stderr, /it is cancelled/);
    assert.match((await failure(home, "api-token", "cancel", "zz")).stderr, /api-token list/);
  });

  it("say so where there is none", async () => {
    using home = new Home();
    await printed(home, "api-token", "create", "CI", "--scope", "read", "--expires", "1d");
    const found = await runHere(home, ["api-token", "list", "--search", "x"]);
    assert.deepEqual(found, { code: 0, stdout: "", stderr: "no such API tokens\n" });
  });
});

describe("who comes with an API token", () => {
  it("is who it was made for until it ends or is cancelled, with the sessions that began with it", async () => {
    using home = new Home();
    const { token, id, expires } = await create(home, "CI", "manage", "1d");
    const { store, operator } = openHomeStore(home);
    await using _ = store;
    const now = Date.now();
    const hash = hashOfSecret(token);
    const end = Date.parse(expires);
    const granted = { user: "CI", via: "bearer", scope: "manage", apiToken: id, expires: end };
    assert.deepEqual(byApiToken(store, token, now), granted);
    assert.deepEqual(byApiToken(store, token, end), { refusal: "expired" });
    for (const wrong of ["", id, hash, `${token} `, token.slice(0, -1), token.toUpperCase()]) {
      assert.deepEqual(byApiToken(store, wrong, now), { refusal: "unknown" }, wrong);
    }
    const times = { createdAt: now, expires: now + 60_000 };
    const session = { hash: hashOfSecret("secret"), of: hash, via: "bearer", user: "CI", ...times } as const;
    await store.putSession(session);
    assert.deepEqual(bySession(store, "secret", now), { ...granted, expires: now + 60_000 });
    assert.deepEqual(bySession(store, "secret", now + 60_000), { refusal: "expired" });
    assert.deepEqual(bySession(store, "other", now), { refusal: "unknown" });
    await operator.cancelApiToken(id);
    assert.deepEqual(byApiToken(store, token, now), { refusal: "cancelled" });
    assert.deepEqual(bySession(store, "secret", now), { refusal: "unknown" });
    await store.putSession(session);
    assert.deepEqual(bySession(store, "secret", now), { refusal: "cancelled" });
  });
});
