import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Dispatcher, request } from "undici";
import { WebSocket } from "ws";
import type { ClientOptions } from "../../../src/client/connection/connect.ts";
import { dispatcher } from "../../../src/client/http/dispatcher.ts";
import { httpsAgent } from "../../../src/client/http/https-agent.ts";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { getJson, openVisitor, openWeb, type WebScene } from "../support/web-scene.ts";

const KINDS = ["https", "http2"] as const;
const SECRET = { headers: { authorization: "Bearer secret" } };

function isRefused(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_REFUSED");
}

/** Has `/slow` wait until it is told to answer. */
function answerSlowly(web: WebScene): { readonly asked: string[]; readonly answer: () => void } {
  const asked: string[] = [];
  let answer: (() => void) | undefined;
  web.server.removeAllListeners("request");
  web.server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
    asked.push(incoming.url ?? "");
    if (incoming.url === "/slow") answer = () => response.end("{}");
    else response.end("{}");
  });
  return { asked, answer: () => answer?.() };
}

interface Elsewhere extends AsyncDisposable {
  readonly options: ClientOptions;
  readonly revoke: () => Promise<unknown>;
}

/**
 * A client in a process whose store another process writes to; `revoke` is what that one does. Nobody tells the client:
 * what is left is to look.
 */
async function openElsewhere(web: WebScene): Promise<Elsewhere> {
  const url = join(temporaryFolder(), "known_servers.db");
  const store = openStore(url, { process: "one" });
  const other = openStore(url, { process: "two" });
  await using ada = await openVisitor("ada");
  store.onEvents = () => () => undefined;
  const operator = new Operator(other, { user: null, process: "two", now: Date.now });
  return {
    options: { ...ada.options, knownServers: new KnownServers(store, { now: Date.now, process: "one" }) },
    revoke: () => operator.revoke(web.own.facts.pin),
    async [Symbol.asyncDispose]() {
      await store.close();
      await other.close();
    },
  };
}

type Ask = (
  path: string,
  options?: { readonly headers: Readonly<Record<string, string>> },
) => Promise<unknown>;

function askThrough(web: WebScene, through: Dispatcher): Ask {
  return async (path, options) =>
    (await request(`${web.url}${path}`, { dispatcher: through, ...options })).body.dump();
}

/** Asks for a secret behind a slow answer, before which the server's key is revoked elsewhere. */
async function assertSecretIsKept(
  web: WebScene,
  client: Elsewhere,
  ask: Ask,
  meanwhile = (): void => undefined,
): Promise<void> {
  const { asked, answer } = answerSlowly(web);
  const slow = ask("slow");
  await once(web.server, "request");
  const secret = assert.rejects(ask("secret", SECRET), isRefused);
  meanwhile();
  await client.revoke();
  answer();
  await slow;
  await secret;
  assert.deepEqual(asked, ["/slow"]);
}

describe("A request that waits for a connection of httpsAgent()", () => {
  it("is not sent to a server whose key was revoked meanwhile, nor are those that wait behind it", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const { asked } = answerSlowly(web);
    const agent = httpsAgent(visitor.options, { maxSockets: 1 });
    const slow = assert.rejects(getJson(agent, `${web.url}slow`), isRefused);
    await once(web.server, "request");
    const waiting = [1, 2, 3].map((at) =>
      assert.rejects(getJson(agent, `${web.url}secret${at}`, SECRET), isRefused),
    );
    await visitor.operator.revoke(web.own.facts.pin);
    await Promise.all([slow, ...waiting]);
    assert.deepEqual(asked, ["/slow"]);
    assert.deepEqual(Object.keys(agent.requests), []);
  });

  it("is judged when the connection is handed on, before anybody heard of the revocation", async () => {
    await using web = await openWeb({ kind: "https" });
    await using client = await openElsewhere(web);
    const agent = httpsAgent(client.options, { maxSockets: 1 });
    await assertSecretIsKept(web, client, (path, options) => getJson(agent, `${web.url}${path}`, options));
  });

  it("is sent over another connection once the key is trusted again", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const { asked } = answerSlowly(web);
    const agent = httpsAgent(visitor.options, { maxSockets: 1 });
    const slow = assert.rejects(getJson(agent, `${web.url}slow`), isRefused);
    await once(web.server, "request");
    await visitor.operator.revoke(web.own.facts.pin);
    await visitor.operator.approve(web.own.facts.pin);
    await slow;
    await Promise.all([1, 2].map((at) => getJson(agent, `${web.url}again${at}`)));
    assert.deepEqual(asked, ["/slow", "/again1", "/again2"]);
    agent.destroy();
  });

  it("fails with the others when there is no connection to be had", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada", { verifyServer: "refuse" });
    const agent = httpsAgent(visitor.options, { maxSockets: 1 });
    await Promise.all([1, 2, 3].map(() => assert.rejects(getJson(agent, web.url), isRefused)));
  });
});

describe("A request that waits for a connection of dispatcher()", () => {
  for (const kind of KINDS) {
    const pool = { connections: 1, ...(kind === "http2" && { maxConcurrentStreams: 1 }) };

    it(`is not sent to a server whose key was revoked meanwhile, nor are those behind it (${kind})`, async () => {
      await using web = await openWeb({ kind });
      await using visitor = await openVisitor("ada");
      const { asked } = answerSlowly(web);
      const through = await dispatcher(visitor.options, pool);
      const slow = assert.rejects(request(`${web.url}slow`, { dispatcher: through }), isRefused);
      await once(web.server, "request");
      const waiting = [1, 2, 3].map((at) =>
        assert.rejects(request(`${web.url}secret${at}`, { dispatcher: through, ...SECRET }), isRefused),
      );
      await visitor.operator.revoke(web.own.facts.pin);
      await Promise.all([slow, ...waiting]);
      assert.deepEqual(asked, ["/slow"]);
      await through.destroy();
    });

    it(`is judged when its turn comes, before anybody heard of the revocation (${kind})`, async () => {
      await using web = await openWeb({ kind });
      await using client = await openElsewhere(web);
      const through = await dispatcher(client.options, pool);
      await assertSecretIsKept(web, client, askThrough(web, through));
      await through.destroy();
    });

    it(`is not sent when the revocation comes in the moment between two requests (${kind})`, async () => {
      await using web = await openWeb({ kind });
      await using client = await openElsewhere(web);
      // The look that follows the first answer finds everything well still.
      const { knownServers } = client.options;
      const judge = knownServers.isTrusted.bind(knownServers);
      const through = await dispatcher(client.options, pool);
      await assertSecretIsKept(web, client, askThrough(web, through), () => {
        let looks = 0;
        knownServers.isTrusted = (...server) => looks++ === 0 || judge(...server);
      });
      await through.destroy();
    });
  }
});

describe("A web socket over httpsAgent()", () => {
  it("ends when its server's key is revoked", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const webSocket = new WebSocket(`wss://${web.address}/`, { agent: httpsAgent(visitor.options) });
    webSocket.on("error", () => undefined);
    await once(webSocket, "message");
    const closed = once(webSocket, "close");
    await visitor.operator.revoke(web.own.facts.pin);
    await closed;
  });
});
