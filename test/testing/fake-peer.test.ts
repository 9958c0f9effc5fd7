import assert from "node:assert/strict";
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2 from "node:http2";
import net, { type AddressInfo, type Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { describe, it } from "node:test";
import { type HttpBindings } from "@hono/node-server";
import express from "express";
import { fastify } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { type Guarded, peerOf } from "../../src/guard/connection/peer-of.ts";
import { fakeAnonymous, fakePeer, guardedServer, testClient } from "../../src/testing/index.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";

const anna = fakePeer({ name: "Anna", groups: ["Lab", "admins"] });

describe("a fake peer", () => {
  it("is a peer: with its name, its groups, a key and a certificate", () => {
    const { peer } = anna;
    assert.deepEqual([peer.name, peer.groups, peer.tlsVersion], ["Anna", ["admins", "Lab"], "TLSv1.3"]);
    assert.deepEqual([peer.isMember("lab"), peer.isMember("office")], [true, false]);
    assert.deepEqual([peer.firstUse, peer.renewed, peer.rotated, peer.resumed], [false, false, false, false]);
    assert.match(peer.pin, /^sha256:/);
    assert.equal(peer.certificate.facts.claimedName, "Anna");
    assert.match(peer.certificate.description.subject, /Anna/);
    assert.match(peer.certificate.pem, /BEGIN CERTIFICATE/);
    assert.ok(JSON.stringify(peer).includes(peer.keyId));
  });

  it("has the same key in every run, another than other names, and whatever certificate it is given", async () => {
    assert.equal(fakePeer({ name: "Anna" }).peer.fingerprint, anna.peer.fingerprint);
    assert.notEqual(fakePeer({ name: "Bert" }).peer.pin, anna.peer.pin);
    const { certificatePem, facts } = await createIdentity({ name: "other", now: new Date() });
    const { peer } = fakePeer({ name: "Anna", certificate: certificatePem, firstUse: true });
    assert.deepEqual([peer.name, peer.pin, peer.firstUse], ["Anna", facts.pin, true]);
  });

  it("sends requests to Express, Koa and any other handler", async () => {
    const app = express();
    app.get("/", (request, response) => void response.send(peerOf(request)?.name));
    assert.equal(await get(http.createServer(anna.through(app))), "Anna");

    const koa = new Koa();
    koa.use((context) => {
      context.body = peerOf(context.req)?.name;
    });
    assert.equal(await get(http.createServer(anna.through(koa.callback()))), "Anna");

    assert.equal(await get(http.createServer(anna.through(nameTwice))), "Anna Anna");
  });

  it("sends what Fastify injects", async () => {
    const app = fastify();
    app.addHook("onRequest", async ({ raw }) => void anna.sends(raw));
    app.get("/", ({ raw }) => [peerOf(raw)?.name, peerOf(raw.socket as TLSSocket)?.name]);
    assert.deepEqual((await app.inject("/")).json(), ["Anna", "Anna"]);
    const routing = anna.through((request: IncomingMessage, response: ServerResponse) =>
      app.routing(request, response),
    );
    assert.equal(await get(http.createServer(routing)), '["Anna","Anna"]');
  });

  it("sends what Hono is asked in process", async () => {
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.get("/", (context) => context.text(String(peerOf(context.env.incoming)?.name)));
    const incoming = anna.sends({}) as IncomingMessage;
    assert.equal(await (await app.request("/", {}, { incoming })).text(), "Anna");
  });

  it("opens every connection to a plain server, in HTTP/2 too", async () => {
    const server = http.createServer((request, response) => response.end(peerOf(request)?.name));
    assert.equal(await get(anna.on(server)), "Anna");

    const sockets = net.createServer((socket: Socket) => socket.end(`${peerOf(socket as TLSSocket)?.name}`));
    const { port } = await listening(anna.on(sockets));
    assert.equal(await read(net.connect(port, "127.0.0.1")), "Anna");
    sockets.close();

    const seen: (string | undefined)[] = [];
    const both = http2.createServer();
    both.on("session", (session) => seen.push(peerOf(session)?.name));
    both.on("stream", (stream) => seen.push(peerOf(stream as Guarded)?.name));
    both.on("request", (request, response) => response.end(`${peerOf(request)?.name}`));
    const session = http2.connect(`http://127.0.0.1:${(await listening(anna.on(both))).port}`);
    assert.equal(await read(session.request()), "Anna");
    assert.deepEqual(seen, ["Anna", "Anna"]);
    session.close();
    both.close();
  });

  it("is one of several, each with requests of its own", async () => {
    const bert = fakePeer({ name: "bert" });
    for (const [client, name] of [
      [anna, "Anna"],
      [bert, "bert"],
      [fakeAnonymous(), "undefined"],
    ] as const) {
      assert.equal(await get(http.createServer(client.through(nameTwice))), `${name} ${name}`);
    }
  });

  it("is nobody's peer but of what it sends, whatever a request says", async () => {
    const headers = {
      "handclasp-peer": "Anna",
      "client-cert": anna.peer.certificate.pem.replaceAll("\n", ""),
    };
    assert.equal(await get(http.createServer(nameTwice), headers), "ERR_HANDCLASP_NOT_GUARDED");
  });

  it("does not stand before a server with TLS, which has real clients", () => {
    assert.throws(() => anna.on(tls.createServer()), { code: "ERR_HANDCLASP_OPTION" });
  });

  it("is shown by nobody: there is no private key, and a guard lets in nobody with its certificate", async () => {
    await using server = await guardedServer();
    const [facts] = [anna.peer.certificate.facts];
    await server.operator.import(facts);
    const mallory = await testClient("Anna");
    assert.equal(await mallory.refusalBy(server), "key-changed");
  });

  it("is not to be had in production", () => {
    const { NODE_ENV } = process.env;
    process.env["NODE_ENV"] = "production";
    try {
      assert.throws(() => fakePeer({ name: "anna" }), { code: "ERR_HANDCLASP_OPTION" });
      assert.throws(() => fakeAnonymous(), { code: "ERR_HANDCLASP_OPTION" });
    } finally {
      if (NODE_ENV === undefined) delete process.env["NODE_ENV"];
      else process.env["NODE_ENV"] = NODE_ENV;
    }
  });

  it("has no name and no group that no peer can have, and no option that there is not", () => {
    assert.throws(() => fakePeer({ name: "\u202e" }), { code: "ERR_HANDCLASP_NAME" });
    assert.throws(() => fakePeer({ name: "anna", groups: [""] }), { code: "ERR_HANDCLASP_NAME" });
    assert.throws(() => fakePeer({ nam: "anna" } as never), { code: "ERR_HANDCLASP_OPTION" });
    assert.throws(() => fakePeer({ name: "anna", groups: "lab" as never }), { code: "ERR_HANDCLASP_OPTION" });
    assert.throws(() => fakePeer({ name: "anna", certificate: "none" }), {
      code: "ERR_HANDCLASP_CERTIFICATE_MALFORMED",
    });
  });
});

/** By request and by socket. */
function nameTwice(request: IncomingMessage, response: ServerResponse): void {
  try {
    response.end(`${peerOf(request)?.name} ${peerOf(request.socket as TLSSocket)?.name}`);
  } catch (error) {
    response.end((error as { code: string }).code);
  }
}

async function listening(server: net.Server): Promise<AddressInfo> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address() as AddressInfo;
}

async function get(server: http.Server, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { port } = await listening(server);
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers });
  const text = await answer.text();
  server.close();
  server.closeAllConnections();
  return text;
}

async function read(stream: NodeJS.ReadableStream): Promise<string> {
  let said = "";
  for await (const chunk of stream) said += String(chunk);
  return said;
}
