import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { APACHE } from "./support/apache.ts";
import { type Application, openApplication } from "./support/application.ts";
import { expiredIdentity } from "./support/certificates.ts";
import { ask, fieldOf } from "./support/proxy-client.ts";
import { missing, type RunningProxy } from "./support/proxy-under-test.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const EMPTY = "Content-Length: 0\r\n\r\n";
const ANNA = `HTTP/1.1 200 OK\r\nHandclasp-Peer: anna\r\nHandclasp-Key: k\r\nHandclasp-Groups: \r\n${EMPTY}`;
const MALLORY = ANNA.replace("anna", "mallory");

/** Answers that no authorizer gives, and which let nobody in. */
const NO_VERDICTS: readonly (readonly [what: string, answer: string])[] = [
  ["has no peer", `HTTP/1.1 200 OK\r\nHandclasp-Key: k\r\n${EMPTY}`],
  ["has no key", `HTTP/1.1 200 OK\r\nHandclasp-Peer: anna\r\n${EMPTY}`],
  ["has an empty name", ANNA.replace("anna", "")],
  ["is another kind of success", ANNA.replace("200 OK", "204 No Content")],
  ["leads elsewhere", ANNA.replace("200 OK", "302 Found")],
  ["does not find the path", `HTTP/1.1 404 Not Found\r\n${EMPTY}`],
  ["is away", `HTTP/1.1 503 Service Unavailable\r\n${EMPTY}`],
  ["is of four digits", ANNA.replace("200 OK", "2000 OK")],
  ["is of another version", ANNA.replace("HTTP/1.1", "HTTP/2")],
  ["has no end", ANNA.slice(0, -2)],
  ["has fields without end", ANNA.slice(0, -2) + "X: y\r\n".repeat(100_000)],
  ["is no HTTP", "anna\n\n"],
  ["is nothing", ""],
];

describe("apache.lua", { skip: missing(APACHE), timeout: FILE_PATIENCE_MS }, () => {
  const folder = temporaryFolder();
  let application: Application;
  let apache: RunningProxy;
  let start: (name: string, isHasty: boolean) => Promise<RunningProxy>;
  let authorizer: Server;
  let anna: TestIdentity;
  let answer: ((socket: Socket) => void) | undefined;
  const sockets = new Set<Socket>();
  const questions: string[] = [];

  before(async () => {
    application = await openApplication();
    anna = await identity("anna");
    const own = await identity("app.example");
    const [cert, key] = [join(folder, "app.pem"), join(folder, "app.key")];
    writeFileSync(cert, own.cert);
    writeFileSync(key, own.key);
    authorizer = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      socket.setEncoding("latin1").on("data", (text: string) => {
        questions.push(text);
        if (text.endsWith("\r\n\r\n")) answer?.(socket);
      });
    });
    const authorizerSocket = join(folder, "authz.sock");
    authorizer.listen(authorizerSocket);
    await once(authorizer, "listening");
    chmodSync(authorizerSocket, 0o660);
    const { port: upstreamPort } = application;
    const certs = { cert, key, bundle: "" };
    start = async (name, isHasty) => {
      const place = join(folder, name);
      mkdirSync(place);
      return await APACHE.start({ folder: place, upstreamPort, authorizerSocket, certs, isHasty });
    };
    apache = await start("proxy", false);
  });
  after(async () => {
    await apache.stop();
    for (const socket of sockets) socket.destroy();
    authorizer.close();
    await application[Symbol.asyncDispose]();
  });

  it("lets in whom a whole answer names", async () => {
    answer = (socket) => socket.write(ANNA, "latin1");
    assert.deepEqual(fieldOf(await ask(apache.port, anna), "Handclasp-Peer"), ["anna"]);
    assert.match(questions.at(-1) ?? "", /^GET \/apache HTTP\/1\.1\r\n/);
  });

  for (const [what, text] of NO_VERDICTS) {
    it(`lets nobody in by an answer that ${what}`, async () => {
      answer = (socket) => socket.end(text, "latin1");
      questions.length = 0;
      const had = application.seen.length;
      assert.equal((await ask(apache.port, anna)).status, 503);
      assert.deepEqual([questions.length, application.seen.length], [1, had]);
    });
  }

  it("waits for the whole answer for two seconds, however it comes", async () => {
    answer = (socket) => {
      let at = 0;
      const timer = setInterval(() => {
        socket.write(ANNA.charAt(at++ % 60));
        if (!socket.writable) clearInterval(timer);
      }, 100);
      socket.on("close", () => clearInterval(timer));
    };
    const had = application.seen.length;
    const hasty = await start("hasty", true);
    try {
      const beganAt = performance.now();
      assert.equal((await ask(hasty.port, anna)).status, 503);
      assert.ok(performance.now() - beganAt > 1900);
      assert.equal(application.seen.length, had);
    } finally {
      await hasty.stop();
    }
  });

  it("asks on a connection that it kept, and never takes what came on it unasked for an answer", async () => {
    let connections = 0;
    const count = (): void => void connections++;
    authorizer.on("connection", count);
    answer = (socket) => socket.write(ANNA, "latin1");
    // More than Apache has threads, of which each keeps one.
    for (let request = 0; request < 60; request++) await ask(apache.port, anna);
    assert.ok(connections < 60, `${connections} connections`);
    answer = (socket) => socket.write(ANNA + MALLORY, "latin1");
    for (let request = 0; request < 60; request++) {
      assert.deepEqual(fieldOf(await ask(apache.port, anna), "Handclasp-Peer"), ["anna"]);
    }
    authorizer.off("connection", count);
  });

  it("refuses by an answer with a body, and asks on another connection then", async () => {
    const refusal =
      "HTTP/1.1 403 Forbidden\r\nHandclasp-Reason: revoked\r\nTransfer-Encoding: chunked\r\n\r\n";
    answer = (socket) => socket.write(`${refusal}5\r\nHTTP/\r\n0\r\n\r\n`, "latin1");
    for (let request = 0; request < 30; request++) {
      const { status, text } = await ask(apache.port, anna);
      assert.deepEqual([status, text], [403, "this key was revoked\n"]);
    }
  });

  it("never hears of an expired certificate: Apache ends the connection, and TLS says why", async () => {
    questions.length = 0;
    const late = await expiredIdentity("late");
    await assert.rejects(ask(apache.port, late), { code: "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED" });
    assert.deepEqual(questions, []);
  });

  it("lets nobody in once it is gone itself", async () => {
    answer = (socket) => socket.write(ANNA, "latin1");
    rmSync(join(folder, "proxy", "handclasp.lua"));
    const had = application.seen.length;
    let admitted = 0;
    // Threads that have it go on with it, and there are more of them.
    for (let status = 200; status !== 500; admitted += status === 200 ? 1 : 0) {
      ({ status } = await ask(apache.port, anna));
    }
    assert.equal(application.seen.length, had + admitted);
  });
});
