import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { TicketKeyring, type TicketSecrets } from "../../src/gateway/tickets/ticket-keyring.ts";
import { TicketSecretSource } from "../../src/gateway/tickets/ticket-secrets.ts";
import { identity } from "../guard/support/identities.ts";
import { connectOnce, type Outcome } from "../guard/support/node-client.ts";
import { greet, openScene, type Scene } from "../guard/support/scene.ts";

const HOUR_MS = 3600_000;
const ROTATION = { lifetimeMs: HOUR_MS, rotateEveryMs: 12 * HOUR_MS };

/** Processes of a gateway that agree on their ticket keys, without the processes. */
class Agreement implements Disposable {
  readonly keyrings: TicketKeyring[] = [];
  readonly source: TicketSecretSource = new TicketSecretSource(ROTATION, (secrets) => this.#tell(secrets));

  join(): TicketKeyring {
    const keyring = new TicketKeyring(this.source.secrets, (generation) => this.source.renew(generation));
    this.keyrings.push(keyring);
    return keyring;
  }

  [Symbol.dispose](): void {
    this.source[Symbol.dispose]();
  }

  #tell(secrets: TicketSecrets): void {
    for (const keyring of this.keyrings) keyring.update(secrets);
  }
}

async function openServer(
  agreement: Agreement,
  context = "main",
  kind: "tls" | "https" = "tls",
): Promise<Scene> {
  const scene = await openScene({ kind, ticketKeys: agreement.join().keysFor(context) });
  greet(scene.server);
  return scene;
}

describe("ticket keys that servers share", async () => {
  const client = await identity("client");

  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const visit = ({ port }: Scene, session?: Buffer): Promise<Outcome> =>
      connectOnce({
        identity: client,
        minVersion: version,
        maxVersion: version,
        port,
        ...(session && { session }),
      });

    it(`let a client of one be resumed by another, in ${version}`, async () => {
      using agreement = new Agreement();
      await using one = await openServer(agreement);
      await using two = await openServer(agreement);
      const { session } = await visit(one);
      const there = await visit(two, session);
      assert.deepEqual([there.resumed, there.received], [true, "hello"]);
    });

    it(`take tickets of before a rotation, and of no earlier one, in ${version}`, async () => {
      using agreement = new Agreement();
      await using one = await openServer(agreement);
      await using two = await openServer(agreement);
      const { session: old } = await visit(one);
      agreement.source.rotate();
      const after = await visit(two, old);
      assert.deepEqual([after.resumed, after.received], [true, "hello"]);
      agreement.source.rotate();
      assert.equal((await visit(one, old)).resumed, false);
    });

    it(`take tickets of now during a rotation, in ${version}`, async () => {
      using agreement = new Agreement();
      await using one = await openServer(agreement);
      agreement.source.rotate();
      const { session, resumed } = await visit(one);
      assert.equal(resumed, false);
      assert.equal((await visit(one, session)).resumed, true);
    });

    it(`take none of before a renewal, by whichever server, in ${version}`, async () => {
      using agreement = new Agreement();
      await using one = await openServer(agreement);
      await using two = await openServer(agreement);
      const { session: older } = await visit(one);
      agreement.source.rotate();
      const { session: newer } = await visit(one);
      await two.operator.revoke("client").catch(() => undefined);
      await one.operator.revoke("client");
      for (const session of [older, newer]) {
        const { resumed, alert } = await visit(one, session);
        assert.deepEqual([resumed, alert], [false, 44]);
        assert.equal((await visit(two, session)).resumed, false);
      }
    });
  }

  it("are fresh for all of them, and the same, after a key of one was revoked", async () => {
    using agreement = new Agreement();
    await using one = await openServer(agreement);
    await using two = await openServer(agreement);
    const other = await identity("other");
    const { session } = await connectOnce({ identity: other, port: two.port });
    await connectOnce({ identity: client, port: one.port });
    await one.operator.revoke("client");
    const voided = await connectOnce({ identity: other, port: two.port, ...(session && { session }) });
    assert.equal(voided.resumed, false);
    const again = await connectOnce({ identity: other, port: one.port, ...sessionOf(voided) });
    assert.equal(again.resumed, true);
  });

  it("are voided by a server that met nobody, when those who knew the holders are gone", async () => {
    using agreement = new Agreement();
    await using one = await openServer(agreement);
    await connectOnce({ identity: client, port: one.port });
    agreement.source.holdersLost();
    const { generation } = agreement.source.secrets;
    await using replacement = await openServer(agreement);
    // A key that this guard never saw: only `holdersUnknown` makes it matter.
    const stranger = await identity("stranger");
    await replacement.operator.import(stranger.facts);
    await replacement.operator.revoke("stranger");
    assert.equal(agreement.source.secrets.generation, generation + 1);
    assert.equal(agreement.source.secrets.holdersUnknown, false);
  });

  it("are different for listeners that verify differently", async () => {
    using agreement = new Agreement();
    await using one = await openServer(agreement, "main none");
    await using two = await openServer(agreement, "main ca.pem");
    const { session } = await connectOnce({ identity: client, port: one.port });
    assert.equal(
      (await connectOnce({ identity: client, port: two.port, ...(session && { session }) })).resumed,
      false,
    );
  });

  it("are agreed on once, when several servers ask for new ones at a time", () => {
    using agreement = new Agreement();
    const [one, two] = [agreement.join(), agreement.join()];
    const { generation } = agreement.source.secrets;
    agreement.source.renew(generation);
    agreement.source.renew(generation);
    assert.equal(agreement.source.secrets.generation, generation + 1);
    assert.deepEqual(one.keysFor("x").current, two.keysFor("x").current);
  });
});

describe("a connection during a rotation", async () => {
  const client = await identity("client");

  it("is read in whatever pieces its ClientHello comes", async () => {
    using agreement = new Agreement();
    await using scene = await openServer(agreement, "main", "https");
    scene.server.on("request", (_request, response) => response.end("hello"));
    const { session } = await connectOnce({
      identity: client,
      port: scene.port,
      eager: "GET / HTTP/1.0\r\n\r\n",
    });
    agreement.source.rotate();
    for (const size of [1, 5, 700]) {
      const outcome = await throughPieces(scene.port, size, (port) =>
        connectOnce({ identity: client, port, eager: "GET / HTTP/1.0\r\n\r\n", ...(session && { session }) }),
      );
      assert.deepEqual([outcome.resumed, outcome.error], [true, null]);
      assert.match(outcome.received, /hello$/);
    }
  });

  it("does not disturb others at the same time", async () => {
    using agreement = new Agreement();
    await using scene = await openServer(agreement);
    const { session: old } = await connectOnce({ identity: client, port: scene.port });
    agreement.source.rotate();
    const { session: fresh } = await connectOnce({ identity: client, port: scene.port });
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, at) => {
        const session = [old, fresh, undefined][at % 3];
        return connectOnce({ identity: client, port: scene.port, ...(session && { session }) });
      }),
    );
    for (const [at, { resumed, received }] of outcomes.entries()) {
      assert.deepEqual([resumed, received], [at % 3 !== 2, "hello"]);
    }
  });

  it("ends when the client says nothing, resets, or speaks no TLS", async () => {
    using agreement = new Agreement();
    await using scene = await openServer(agreement);
    agreement.source.rotate();
    for (const act of [
      (socket: Socket) => socket.end(),
      (socket: Socket) => socket.resetAndDestroy(),
      (socket: Socket) => socket.write("GET / HTTP/1.1\r\n\r\n"),
      (socket: Socket) => socket.end(Buffer.from([22, 3, 1, 0, 200, 1])),
    ]) {
      const socket = connectTcp(scene.port, "127.0.0.1", () => act(socket));
      socket.on("error", () => undefined).resume();
      await once(socket, "close");
    }
    assert.equal((await connectOnce({ identity: client, port: scene.port })).received, "hello");
  });
});

function sessionOf({ session }: Outcome): { session?: Buffer } {
  return session === undefined ? {} : { session };
}

/** Runs a client through a relay that passes its bytes on in pieces of so many bytes. */
async function throughPieces<T>(port: number, size: number, run: (port: number) => Promise<T>): Promise<T> {
  const relay = createServer((near) => {
    const far = connectTcp({ port, host: "127.0.0.1", noDelay: true });
    near.on("data", (data) => {
      for (let at = 0; at < data.length; at += size) far.write(Buffer.from(data).subarray(at, at + size));
    });
    near.on("error", () => undefined).on("end", () => far.end());
    far.on("error", () => undefined).pipe(near);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const address = relay.address();
  try {
    return await run(typeof address === "object" && address !== null ? address.port : 0);
  } finally {
    relay.close();
  }
}
