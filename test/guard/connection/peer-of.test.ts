import assert from "node:assert/strict";
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import http2, { type Http2ServerRequest, type Http2Stream } from "node:http2";
import https from "node:https";
import net from "node:net";
import { describe, it } from "node:test";
import express from "express";
import fastify from "fastify";
import { isHandclaspError } from "../../../src/errors.ts";
import { type Guarded, peerOf } from "../../../src/guard/connection/peer-of.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { identity, type TestIdentity } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { greet, openScene } from "../support/scene.ts";

describe("peerOf", async () => {
  const client = await identity("client");

  it("says who is on the other side of a socket", async () => {
    await using scene = await openScene();
    const handedOver = once(scene.server, "secureConnection");
    greet(scene.server);
    await connectOnce({ port: scene.port, identity: client });
    const [socket] = await handedOver;
    const peer = peerOf(socket);
    assert(peer);
    assert.equal(peer.name, "client");
    assert.equal(peer.pin, client.facts.pin);
    assert.equal(peer.keyId, toKeyId(client.facts.pin));
    assert.equal(peer.fingerprint, client.facts.fingerprint);
    assert.equal(peer["x5t#S256"], Buffer.from(client.facts.fingerprint, "hex").toString("base64url"));
    assert.equal(peer.certificate.pem, client.cert);
    assert.deepEqual(Buffer.from(peer.certificate.der), Buffer.from(client.facts.der));
    assert.deepEqual(peer.certificate.description.subjectAltNames, ["DNS:client"]);
    assert.equal(peer.certificate.notAfter.getTime(), client.facts.notAfter);
    assert.deepEqual(
      [peer.firstUse, peer.renewed, peer.resumed, peer.tlsVersion],
      [true, false, false, "TLSv1.3"],
    );
    assert(Object.isFrozen(peer) && Object.isFrozen(peer.certificate));
    assert.equal(peerOf(socket), peer, "the same one after the connection has closed");
  });

  it("gives the name that the trust store binds, whatever a renewed certificate claims", async () => {
    await using scene = await openScene();
    scene.server.on("secureConnection", (socket) => socket.end(peerOf(socket)?.name ?? "nobody"));
    await connectOnce({ port: scene.port, identity: client });
    await scene.operator.rename("client", "renamed");
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "renamed");
  });

  it("is undefined for an anonymous client", async () => {
    for (const clientCertificate of ["optional", "none"] as const) {
      await using scene = await openScene({ clientCertificate });
      scene.server.on("secureConnection", (socket) => socket.end(peerOf(socket)?.name ?? "nobody"));
      assert.equal((await connectOnce({ port: scene.port })).received, "nobody");
      const shown = await connectOnce({ port: scene.port, identity: client });
      const known = clientCertificate === "optional";
      assert.equal(shown.received, known ? "client" : "nobody");
    }
  });

  it("takes requests of https, and of what is built on it", async () => {
    await using scene = await openScene({ kind: "https" });
    const app = express();
    app.get("/", (request, response) => void response.send(peerOf(request)?.name));
    scene.server.on("request", app as (request: IncomingMessage, response: ServerResponse) => void);
    assert.equal(await get(scene.port, client), "client");
  });

  it("takes fastify's raw requests", async () => {
    await using scene = await openScene({ kind: "https" });
    const server = scene.server as https.Server;
    const app = fastify({
      serverFactory: (handler) => server.on("request", handler) as unknown as http.Server,
    });
    app.get("/", (request) => peerOf(request.raw)?.name);
    await app.ready();
    assert.equal(await get(scene.port, client), "client");
  });

  it("takes HTTP/2 sessions, streams and requests, after they closed, too", async () => {
    await using scene = await openScene({ kind: "http2" });
    const seen: Guarded[] = [];
    scene.server.on("session", (session: Guarded) => seen.push(session));
    scene.server.on("stream", (stream: Http2Stream) => seen.push(stream));
    scene.server.on("request", (request: Http2ServerRequest, response: ServerResponse) => {
      seen.push(request);
      response.end(peerOf(request)?.name);
    });
    const session = http2.connect(`https://127.0.0.1:${scene.port}`, {
      key: client.key,
      cert: client.cert,
      rejectUnauthorized: false,
    });
    const stream = session.request();
    let said = "";
    for await (const chunk of stream) said += String(chunk);
    session.close();
    await once(session, "close");
    assert.equal(said, "client");
    assert.deepEqual(
      seen.map((each) => peerOf(each)?.name),
      ["client", "client", "client"],
    );
  });

  it("takes HTTP/1.1 requests to an HTTP/2 server", async () => {
    await using scene = await openScene({ kind: "http2" });
    scene.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      response.end(peerOf(request)?.name);
    });
    assert.equal(await get(scene.port, client), "client");
  });

  it("throws for what did not come through a guarded server", () => {
    assert.throws(
      () => peerOf(new http.IncomingMessage(new net.Socket())),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_NOT_GUARDED"),
    );
  });
});

async function get(port: number, { key, cert }: TestIdentity): Promise<string> {
  const options = { host: "127.0.0.1", port, key, cert, rejectUnauthorized: false, agent: false } as const;
  const [response] = (await once(https.get(options), "response")) as [IncomingMessage];
  let body = "";
  for await (const chunk of response) body += String(chunk);
  return body;
}
