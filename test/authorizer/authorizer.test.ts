import assert from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, describe, it } from "node:test";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { AuthorizerOnFile as Place, caddy, valueOf } from "./support/authorizer-on-file.ts";

const SECRET = "a secret of the proxies";

describe("Authorizer", () => {
  let place: Place;
  let anna: TestIdentity;
  before(async () => {
    place = await Place.open();
    anna = await identity("anna");
    await place.operator.import(anna.facts);
    await place.operator.addToGroup("db admins", "anna");
    await place.operator.addToGroup("ops,all", "anna");
  });
  after(() => place[Symbol.asyncDispose]());

  it("answers who is let in with three fields, no body, and nothing to be kept", async () => {
    const { status, fields, body } = await place.ask("/caddy", caddy(anna));
    assert.deepEqual([status, body], [200, ""]);
    assert.deepEqual(fields.slice(0, 5), [
      ["handclasp-peer", "anna"],
      ["handclasp-key", anna.facts.pin],
      ["handclasp-groups", "db%20admins,ops%2Call"],
      ["content-length", "0"],
      ["cache-control", "no-store"],
    ]);
  });

  it("sends all three fields where there are no groups, too", async () => {
    const ben = await identity("ben\u00e9, the 2nd");
    await place.operator.import(ben.facts);
    const answer = await place.ask("/caddy", caddy(ben));
    assert.equal(valueOf(answer, "handclasp-peer"), "ben%C3%A9%2C%20the%202nd");
    assert.equal(valueOf(answer, "handclasp-groups"), "");
  });

  it("refuses with the reason that the alert would say, no body, and nothing about the peer", async () => {
    const stranger = await identity("stranger");
    for (const [fields, status, reason] of [
      [[], 401, "no-certificate"],
      [caddy(stranger), 403, "pending"],
      [["Client-Cert", ":AAAA:"], 403, "malformed-certificate"],
      [["Client-Cert", "x"], 403, "malformed-certificate"],
    ] as const) {
      const { fields: answered, ...rest } = await place.ask("/caddy", fields);
      assert.deepEqual(rest, { status, body: "" });
      assert.deepEqual(answered.slice(0, 3), [
        ["handclasp-reason", reason],
        ["content-length", "0"],
        ["cache-control", "no-store"],
      ]);
      assert.ok(!answered.some(([name]) => name === "handclasp-peer"));
    }
  });

  it("tells nobody that they are ignored", async () => {
    const nuisance = await identity("nuisance");
    await place.ask("/caddy", caddy(nuisance));
    await place.operator.ignore(nuisance.facts.pin);
    const answer = await place.ask("/caddy", caddy(nuisance));
    assert.deepEqual([answer.status, valueOf(answer, "handclasp-reason")], [403, "pending"]);
    assert.equal(
      place.told.findLast(({ type }) => type === "refused"),
      place.told.at(-1),
    );
    assert.ok(place.told.some((told) => told.type === "refused" && told.reason === "ignored"));
  });

  it("answers any method, drains bodies, and keeps the connection", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    const count = (): void => void connections++;
    place.authorizer.server.on("connection", count);
    try {
      for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"]) {
        const body = method === "GET" || method === "HEAD" ? "" : "x".repeat(300_000);
        const fields = [...caddy(anna), "Content-Length", String(body.length)];
        assert.equal((await place.ask("/caddy", fields, { method, body, agent })).status, 200, method);
      }
      const { status } = await place.ask("/caddy", [...caddy(anna), "Transfer-Encoding", "chunked"], {
        method: "POST",
        body: "x".repeat(100_000),
        agent,
      });
      assert.equal(status, 200);
      assert.equal(connections, 1);
    } finally {
      place.authorizer.server.off("connection", count);
      agent.destroy();
    }
  });

  it("answers an upgrade as any other request, and hears nothing behind it", async () => {
    const [, field] = caddy(anna);
    const asking = `POST /caddy HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;
    const hidden = `GET /caddy HTTP/1.1\r\nHost: x\r\nClient-Cert: ${field}\r\n\r\n`;
    for (const length of ["", `Content-Length: ${hidden.length}\r\n`]) {
      const text = await place.send(`${asking}${length}\r\n`, Number.POSITIVE_INFINITY, hidden);
      assert.match(text, /^HTTP\/1\.1 401 Unauthorized\r\n.*\r\nConnection: close\r\n\r\n$/s);
    }
  });

  it("answers HTTP/1.0, and without Host", async () => {
    const [, field] = caddy(anna);
    const closing = await place.send(`GET /caddy HTTP/1.0\r\nClient-Cert: ${field}\r\n\r\n`);
    assert.match(closing, /^HTTP\/1\.1 200 OK\r\n.*\r\nConnection: close\r\n/s);
    assert.match(await place.send(`GET /caddy HTTP/1.1\r\nClient-Cert: ${field}\r\n\r\n`), /200 OK/);
  });

  it("closes on what is no request, and on CONNECT", async () => {
    assert.match(await place.send("CONNECT /caddy HTTP/1.1\r\nHost: x\r\n\r\n"), /^$|^HTTP\/1\.1 4/);
    assert.match(await place.send("\x16\x03\x01\x00\x05hello\r\n\r\n"), /^HTTP\/1\.1 400/);
  });

  it("finds a second line of the field behind any number of others", async () => {
    const many = Array.from({ length: 3000 }, (_, at) => [`X-${at}`, "1"]).flat();
    const answer = await place.ask("/caddy", [...caddy(anna), ...many, ...caddy(anna)]);
    assert.deepEqual([answer.status, valueOf(answer, "handclasp-reason")], [403, "malformed-certificate"]);
  });

  it("has nothing at other paths", async () => {
    for (const path of ["/", "/nginx/", "/caddyx", "/health/"]) {
      const { status, body } = await place.ask(path, caddy(anna));
      assert.deepEqual([status, body], [404, ""], path);
    }
  });

  it("says by /health whether the store can be asked", async () => {
    assert.equal((await place.ask("/health")).status, 200);
    place.isAble = false;
    assert.equal((await place.ask("/health")).status, 503);
    place.isAble = true;
  });

  it("answers a first use once the store has it, and it is one for all who come at once", async () => {
    await using open = await Place.open({ firstUse: "accept" });
    const fresh = await identity("fresh");
    const answers = await Promise.all(Array.from({ length: 3 }, () => open.ask("/caddy", caddy(fresh))));
    for (const { status } of answers) assert.equal(status, 200);
    assert.equal(open.store.key(fresh.facts.pin)?.state, "trusted");
    await using other = openSqliteStore(open.store.url.replace("sqlite:", ""));
    assert.equal(other.key(fresh.facts.pin)?.peer, "fresh");
    assert.ok(open.told.some(({ type }) => type === "met"));
  });

  it("refuses with 503 while the store cannot be read", async () => {
    await using broken = await Place.open();
    await broken.operator.import(anna.facts);
    await broken.store[Symbol.asyncDispose]();
    const answer = await broken.ask("/caddy", caddy(anna));
    assert.deepEqual([answer.status, valueOf(answer, "handclasp-reason")], [503, "store-unavailable"]);
  });

  it("asks the store for each request: revoked is refused on the same connection", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const kept = await identity("kept");
    await place.operator.import(kept.facts);
    try {
      assert.equal((await place.ask("/caddy", caddy(kept), { agent })).status, 200);
      await place.operator.revoke(kept.facts.pin);
      const answer = await place.ask("/caddy", caddy(kept), { agent });
      assert.deepEqual([answer.status, valueOf(answer, "handclasp-reason")], [403, "revoked"]);
    } finally {
      agent.destroy();
    }
  });

  it("has the last address of X-Forwarded-For in what it tells, or none", async () => {
    const zoe = await identity("zoe");
    for (const [fields, address] of [
      [["X-Forwarded-For", "10.9.9.9, 192.0.2.7"], "192.0.2.7"],
      [["X-Forwarded-For", "10.9.9.9", "x-forwarded-for", "2001:db8::7"], "2001:db8::7"],
      [["X-Forwarded-For", "192.0.2.7, evil"], undefined],
      [["X-Forwarded-For", "192.0.2.7,"], undefined],
      [[], undefined],
    ] as const) {
      await place.ask("/caddy", [...caddy(zoe), ...fields]);
      const last = place.told.at(-1);
      assert.ok(last?.type === "refused");
      assert.deepEqual([last.connection.remoteAddress, last.connection.listener], [address, "authorizer"]);
    }
  });

  it("limits first uses by the network that the proxy names", async () => {
    await using limited = await Place.open({ firstUse: "accept" });
    const statuses: Record<string, number[]> = { "192.0.2.1": [], "192.0.2.2": [] };
    for (let count = 0; count < 5; count++) {
      for (const [address, seen] of Object.entries(statuses)) {
        const fields = [
          ...caddy(await identity(`${address} ${count}`)),
          "X-Forwarded-For",
          `1.1.1.1, ${address}`,
        ];
        if (address === "192.0.2.1" || count > 3) seen.push((await limited.ask("/caddy", fields)).status);
      }
    }
    assert.deepEqual(statuses["192.0.2.1"], [200, 200, 200, 403, 403]);
    assert.deepEqual(statuses["192.0.2.2"], [200]);
  });
});

describe("Authorizer, when something unexpected happens", () => {
  it("gives no answer, says so, and goes on", async () => {
    await using place = await Place.open({ firstUse: "accept" });
    const known = await identity("known");
    await place.operator.import(known.facts);
    place.breakGroups();
    for (const who of [known, await identity("fresh")]) {
      await assert.rejects(place.ask("/caddy", caddy(who)), { code: "ECONNRESET" });
      const last = place.told.at(-1);
      assert.ok(last?.type === "failed");
      assert.match(String(last.error), /no groups today/);
    }
    const { status } = await place.ask("/caddy");
    assert.equal(status, 401);
  });
});

describe("Authorizer, with a secret", () => {
  it("answers who does not send it with 401 and no reason, whatever else they send", async () => {
    await using place = await Place.open({}, SECRET);
    const anna = await identity("anna");
    await place.operator.import(anna.facts);
    for (const fields of [
      [],
      ["Handclasp-Secret", "guess"],
      ["Handclasp-Secret", SECRET, "Handclasp-Secret", SECRET],
    ]) {
      const answer = await place.ask("/caddy", [...caddy(anna), ...fields]);
      assert.equal(answer.status, 401);
      assert.equal(valueOf(answer, "handclasp-reason"), undefined);
    }
    assert.equal((await place.ask("/caddy", [...caddy(anna), "Handclasp-Secret", SECRET])).status, 200);
    assert.deepEqual(
      place.told.map(({ type }) => type),
      ["recognised"],
    );
    assert.equal((await place.ask("/health")).status, 200);
  });

  it("takes another one from the next request on", async () => {
    await using place = await Place.open({}, SECRET);
    place.authorizer.renew({ secret: "the next one of them", ownPins: [] });
    assert.equal((await place.ask("/caddy", ["Handclasp-Secret", SECRET])).status, 401);
    const answer = await place.ask("/caddy", ["Handclasp-Secret", "the next one of them"]);
    assert.equal(valueOf(answer, "handclasp-reason"), "no-certificate");
  });
});
