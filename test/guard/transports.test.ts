import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { Duplex, PassThrough } from "node:stream";
import { describe, it } from "node:test";
import tls from "node:tls";
import { guard } from "../../src/guard/guard.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import { certificatesFromPem } from "../../src/x509/certificate-description.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { identity, type TestIdentity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { greet, openScene } from "./support/scene.ts";
import { altered, refusing } from "./support/verdicts.ts";

describe("a guarded server", async () => {
  const client = await identity("client");

  it("works on a Unix socket, alerts included", async () => {
    const path = join(temporaryFolder(), "guarded.sock");
    await using scene = await openScene();
    const server = tls.createServer(await identity("localhost"));
    const addresses: (string | undefined)[] = [];
    using _guard = guard(
      server,
      altered(scene.trust, {
        judge(showing) {
          addresses.push(showing.remoteAddress);
          return scene.trust.judge(showing);
        },
      }),
    );
    greet(server);
    server.listen(path);
    await once(server, "listening");
    const outcomes = [];
    for (const each of [client, await identity("client")]) {
      outcomes.push(await connectOnce({ port: 0, socket: net.connect(path), identity: each }));
    }
    assert.deepEqual(
      outcomes.map(({ alert, received }) => alert ?? received),
      ["hello", 46],
    );
    assert.deepEqual(addresses, [undefined, undefined]);
    server.close();
  });

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`works on streams that are no sockets, alerts included (${maxVersion})`, async () => {
      await using admitting = await openScene();
      greet(admitting.server);
      await using barring = await openScene({ through: refusing("pending") });
      const outcomes = [];
      for (const { server } of [admitting, barring]) {
        const front = net.createServer((socket) => {
          server.emit("connection", new PassThrough().compose(socket));
        });
        front.listen(0, "127.0.0.1");
        await once(front, "listening");
        const { port } = front.address() as net.AddressInfo;
        outcomes.push(await connectOnce({ port, identity: client, maxVersion }));
        front.close();
      }
      assert.deepEqual(
        outcomes.map(({ alert, received }) => alert ?? received),
        ["hello", 49],
      );
    });
  }

  it("outlives a stream that breaks in the middle of the handshake", async () => {
    await using scene = await openScene();
    const broken = new Duplex({
      read() {
        setImmediate(() => this.destroy(new Error("broken")));
      },
      write: (_chunk, _encoding, done) => done(),
    });
    scene.server.emit("connection", broken);
    while (!broken.closed) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(scene.guard.handshakes, 0);
  });

  it("forgets a connection over a stream that never tells that it is closed", async () => {
    await using scene = await openScene();
    greet(scene.server);
    const front = net.createServer((socket) => {
      const silent = new PassThrough({ emitClose: false }).compose(socket);
      const mute = new Duplex({
        emitClose: false,
        read() {
          silent.resume();
        },
        write: (chunk, encoding, done) => void silent.write(chunk, encoding, done),
        final: (done) => void silent.end(done),
        destroy(error, done) {
          silent.destroy();
          done(error);
        },
      });
      silent.on("data", (chunk) => mute.push(chunk)).on("end", () => mute.push(null));
      scene.server.emit("connection", mute);
    });
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    const { port } = front.address() as net.AddressInfo;
    assert.equal((await connectOnce({ port, identity: client })).received, "hello");
    while ([...scene.guard.connections].length > 0) await new Promise((resolve) => setImmediate(resolve));
    front.close();
  });

  it("counts a connection once though somebody emits its socket again, and hands over none that was not", async () => {
    await using scene = await openScene({
      through: (trust) =>
        altered(trust, {
          async settle(claim, showing) {
            for (let again = 0; again < 2; again++) scene.server.emit("secureConnection", pending[0]);
            return trust.settle(claim, showing);
          },
        }),
    });
    const pending: tls.TLSSocket[] = [];
    scene.server.prependListener("keylog", (_line, socket: tls.TLSSocket) => (pending[0] = socket));
    let heard = 0;
    scene.server.on("secureConnection", (socket) => {
      heard += 1;
      if (heard === 1) scene.server.emit("secureConnection", socket);
      else socket.end("hello");
    });
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "hello");
    assert.deepEqual([heard, scene.guard.stats.admitted], [2, 1]);
  });

  it("judges a socket that did not come through its own 'connection', and can only cut it", async () => {
    await using scene = await openScene({ through: refusing("revoked") });
    const other = tls.createServer({
      ...(await identity("localhost")),
      requestCert: true,
      rejectUnauthorized: false,
    });
    other.on("secureConnection", (socket) => scene.server.emit("secureConnection", socket));
    let reached = 0;
    scene.server.on("secureConnection", () => (reached += 1));
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as net.AddressInfo;
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      const outcome = await connectOnce({ port, identity: client, maxVersion });
      assert.deepEqual([outcome.alert, outcome.received], [null, ""]);
    }
    assert.equal(reached, 0);
    other.close();
  });
});

describe("a client whose certificate is signed by a CA", () => {
  const folder = temporaryFolder();
  const { ca, signed } = signedByCa(folder);

  for (const [trustCa, expected] of [
    ["none", false],
    ["file", true],
  ] as const) {
    it(`is ${expected ? "" : "not "}called signed under trustCa: ${trustCa}`, async () => {
      const sightings: boolean[] = [];
      await using scene = await openScene({
        trustCa,
        server: { ca },
        through: (trust) =>
          altered(trust, {
            judge(showing) {
              sightings.push(showing.caSigned);
              return trust.judge(showing);
            },
          }),
      });
      greet(scene.server);
      const selfSigned = await identity("self-signed");
      for (const each of [signed, selfSigned]) await connectOnce({ port: scene.port, identity: each });
      assert.deepEqual(sightings, [expected, false]);
    });
  }
});

describe("a ticket that another server with the same ticket keys gave out", () => {
  const { ca, signed } = signedByCa(temporaryFolder());

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`makes nobody signed by a CA, in ${maxVersion}`, async () => {
      const ticketKeys = randomBytes(48);
      const elsewhere = tls.createServer({
        ...(await identity("localhost")),
        ca,
        ticketKeys,
        requestCert: true,
        rejectUnauthorized: false,
      });
      greet(elsewhere);
      elsewhere.listen(0, "127.0.0.1");
      await once(elsewhere, "listening");
      const { port } = elsewhere.address() as net.AddressInfo;
      const { session } = await connectOnce({ port, identity: signed, maxVersion });
      elsewhere.close();
      assert(session);
      const seen: boolean[][] = [];
      await using scene = await openScene({
        trustCa: "file",
        policy: { firstUse: "refuse" },
        server: { ticketKeys },
        through: (trust) =>
          altered(trust, {
            judge(showing) {
              seen.push([showing.caSigned]);
              return trust.judge(showing);
            },
          }),
      });
      greet(scene.server);
      const outcome = await connectOnce({ port: scene.port, identity: signed, maxVersion, session });
      assert.deepEqual([outcome.resumed || outcome.received === "", outcome.received], [true, ""]);
      assert.deepEqual(seen, [[false]]);
      // Its next handshake is a full one: it would be let in then, if the CA were one of this server's.
      assert.notDeepEqual(scene.server.getTicketKeys(), ticketKeys);
    });
  }
});

function signedByCa(folder: string): { ca: string; signed: TestIdentity } {
  const at = (name: string): string => join(folder, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", "/CN=Test CA");
  openssl("req", ...key, "-keyout", at("client.key"), "-out", at("client.csr"), "-subj", "/CN=signed");
  const authority = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"];
  openssl("x509", "-req", "-in", at("client.csr"), ...authority, "-out", at("client.pem"));
  const cert = readFileSync(at("client.pem"), "utf8");
  const [der] = certificatesFromPem(cert);
  assert(der);
  const signed = { key: readFileSync(at("client.key"), "utf8"), cert, facts: readCertificate(der) };
  return { ca: readFileSync(at("ca.pem"), "utf8"), signed };
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}
