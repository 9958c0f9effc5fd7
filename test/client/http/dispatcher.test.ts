import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import type { SecureVersion } from "node:tls";
import { type Dispatcher, request } from "undici";
import { dispatcher } from "../../../src/client/http/dispatcher.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { runToEnd } from "../../cli/support/serve.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { identity, listening } from "../support/listening.ts";
import { openVisitor, openWeb, type Seen } from "../support/web-scene.ts";
import { keysIn } from "../../support/listed.ts";

const KINDS = ["https", "http2"] as const;

/** Node's option; some package of ours brings the types of browsers, which have none. */
function by(through: Dispatcher): RequestInit {
  const options: object = { dispatcher: through };
  return options;
}

/** Node's second argument, likewise. */
const NodesWebSocket = WebSocket as unknown as new (
  url: string,
  options: { readonly dispatcher: Dispatcher },
) => WebSocket;

async function fetchJson(url: string, through: Dispatcher): Promise<Seen> {
  const response = await fetch(url, by(through));
  return (await response.json()) as Seen;
}

/** What `fetch` failed for: it wraps whatever happened in a TypeError. */
async function causeOf(fetching: Promise<unknown>): Promise<unknown> {
  const error: unknown = await fetching.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TypeError, String(error));
  return error.cause;
}

async function refusedFor(reason: string, fetching: Promise<unknown>): Promise<Error> {
  const cause = await causeOf(fetching);
  assert.ok(isHandclaspError(cause, "ERR_HANDCLASP_REFUSED"), String(cause));
  assert.equal(cause.details["reason"], reason);
  return cause;
}

describe("dispatcher", () => {
  for (const kind of KINDS) {
    it(`gives fetch an identity and known servers, over one connection (${kind})`, async () => {
      await using web = await openWeb({ kind });
      await using visitor = await openVisitor("ada");
      await using through = closing(await dispatcher(visitor.options, { connections: 1 }));
      const first = await fetchJson(web.url, through);
      assert.equal(first.peer, "ada");
      assert.equal(first.httpVersion, kind === "http2" ? "2.0" : "1.1");
      assert.equal(visitor.store.key(web.own.facts.pin)?.peer, web.address);
      assert.equal((await fetchJson(web.url, through)).connection, first.connection);
    });

    it(`names the alert of a server that refuses us (${kind})`, async () => {
      for (const maxVersion of ["TLSv1.3", "TLSv1.2"] satisfies SecureVersion[]) {
        await using web = await openWeb({ kind, policy: { firstUse: "refuse" } });
        await using visitor = await openVisitor("ada", { maxVersion });
        await using through = closing(await dispatcher(visitor.options));
        const cause = await causeOf(fetchJson(web.url, through));
        assert.ok(isHandclaspError(cause, "ERR_HANDCLASP_REFUSED"), `${maxVersion}: ${String(cause)}`);
        assert.equal(cause.details["alert"], "unknown_ca");
      }
    });

    it(`uses no open connection of a server whose key was revoked meanwhile (${kind})`, async () => {
      await using web = await openWeb({ kind });
      await using visitor = await openVisitor("ada");
      await using through = closing(await dispatcher(visitor.options));
      await fetchJson(web.url, through);
      await visitor.operator.revoke(web.address);
      await refusedFor("revoked", fetchJson(web.url, through));
      assert.equal(web.asked.length, 1);
      await visitor.operator.approve(web.own.facts.pin);
      assert.deepEqual((await fetchJson(web.url, through)).resumed, false);
    });

    it(`serves Node's WebSocket (${kind})`, async () => {
      await using web = await openWeb({ kind });
      await using visitor = await openVisitor("ada");
      await using through = closing(await dispatcher(visitor.options));
      const webSocket = new NodesWebSocket(`wss://${web.address}/`, { dispatcher: through });
      const [{ data }] = (await once(webSocket, "message")) as [MessageEvent<string>];
      assert.equal((JSON.parse(data) as Seen).peer, "ada");
      const closed = once(webSocket, "close");
      webSocket.close();
      await closed;
      await visitor.operator.revoke(web.address);
      const refused = new NodesWebSocket(`wss://${web.address}/`, { dispatcher: through });
      await once(refused, "error");
      assert.equal(web.guard.stats.accepted, 2);
      assert.equal(web.guard.stats.admitted, 1);
    });
  }

  it("speaks HTTP/1.1 only when it is told to", async () => {
    await using web = await openWeb({ kind: "http2" });
    await using visitor = await openVisitor("ada");
    await using through = closing(await dispatcher(visitor.options, { allowH2: false }));
    assert.equal((await fetchJson(web.url, through)).httpVersion, "1.1");
  });

  it("refuses a changed key, shows both, and sends nothing", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const { facts } = await identity("localhost");
    await visitor.knownServers.remember(web.address, facts);
    await using through = closing(await dispatcher(visitor.options));
    const cause = await refusedFor("key-changed", fetchJson(web.url, through));
    for (const pin of [facts.pin, web.own.facts.pin]) assert.ok(cause.message.includes(toKeyId(pin)));
    assert.deepEqual(web.asked, []);
    assert.equal((await keysIn(web.trust.store)).length, 0, "our certificate was not shown");
  });

  it("judges the server of a redirect by its own address", async () => {
    await using from = await openWeb({ kind: "https" });
    await using to = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada", { verifyServer: "refuse" });
    await visitor.knownServers.remember(from.address, from.own.facts);
    await using through = closing(await dispatcher(visitor.options));
    const url = `${from.url}?to=${encodeURIComponent(to.url)}`;
    await refusedFor("unknown", fetchJson(url, through));
    assert.deepEqual(to.asked, []);
    await visitor.operator.approve(to.address);
    assert.equal((await fetchJson(url, through)).peer, "ada");
    assert.equal(to.asked.length, 1);
  });

  it("goes nowhere without TLS, by a redirect neither", async () => {
    const asked: unknown[] = [];
    const plain = createHttpServer((incoming, response) => {
      asked.push(incoming.url);
      response.end("{}");
    });
    const url = `http://127.0.0.1:${await listening(plain)}/`;
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    await using through = closing(await dispatcher(visitor.options));
    for (const target of [url, `${web.url}?to=${encodeURIComponent(url)}`]) {
      const cause = await causeOf(fetchJson(target, through));
      assert.ok(isHandclaspError(cause, "ERR_HANDCLASP_OPTION"), String(cause));
    }
    assert.deepEqual(asked, []);
    plain.close();
  });

  it("resumes sessions over new connections", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const resumed: boolean[] = [];
    await using through = closing(await dispatcher(visitor.options, { maxRequestsPerClient: 1 }));
    for (const _ of [1, 2]) resumed.push((await fetchJson(web.url, through)).resumed);
    assert.deepEqual(resumed, [false, true]);
  });

  it("goes through a Unix socket, and sends the server name of the request", async () => {
    const names: string[] = [];
    await using web = await openWeb({
      kind: "https",
      server: { SNICallback: (name, done) => done(null, void names.push(name)) },
    });
    const socketPath = join(temporaryFolder(), "web.sock");
    const unix = createTcpServer((socket) => void web.server.emit("connection", socket));
    await new Promise<void>((listens) => unix.listen(socketPath, listens));
    await using visitor = await openVisitor("ada");
    await using through = closing(await dispatcher(visitor.options, { socketPath }));
    assert.equal((await fetchJson("https://gw.example:8443/", through)).peer, "ada");
    assert.equal(visitor.store.key(web.own.facts.pin)?.peer, "gw.example:8443");
    assert.deepEqual(names, ["gw.example"]);
    unix.close();
  });

  it("serves undici's own calls, and stops when a request is aborted", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    await using through = closing(await dispatcher(visitor.options));
    const { body } = await request(web.url, { dispatcher: through });
    assert.equal(((await body.json()) as Seen).peer, "ada");
    web.server.removeAllListeners("request");
    const abort = new AbortController();
    const waiting = fetch(web.url, { ...by(through), signal: abort.signal });
    const aborted = assert.rejects(waiting, { name: "AbortError" });
    await once(web.server, "request");
    abort.abort();
    await aborted;
  });

  it("loads undici when it is called, not when the library is imported", async () => {
    const library = resolve(import.meta.dirname, "../../../src/index.ts");
    const program = `
      import { createRequire } from "node:module";
      const { cache } = createRequire(import.meta.url);
      const loaded = () => Object.keys(cache).some((file) => file.includes("/node_modules/undici/"));
      const { dispatcher, KnownServers, openMemoryStore } = await import(${JSON.stringify(library)});
      console.log(loaded());
      const store = openMemoryStore();
      await dispatcher({ knownServers: new KnownServers(store, { now: Date.now, process: "test" }) });
      console.log(loaded());`;
    const { stdout, stderr } = await runToEnd(process.execPath, ["--input-type=module", "-e", program]);
    assert.equal(stdout, "false\ntrue\n", stderr);
  });
});

/** Ends it with the test. */
function closing(through: Dispatcher): Dispatcher & AsyncDisposable {
  return Object.assign(through, { [Symbol.asyncDispose]: () => through.destroy() });
}
