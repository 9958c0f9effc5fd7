import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TicketKeyring, type TicketSecrets } from "../../../src/gateway/tickets/ticket-keyring.ts";
import { TicketSecretSource } from "../../../src/gateway/tickets/ticket-secrets.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectOnce, type Outcome } from "../../guard/support/node-client.ts";
import { greet, openScene, type Scene } from "../../guard/support/scene.ts";

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

    it(`have who comes with a ticket of before a rotation show its key again, in ${version}`, async () => {
      using agreement = new Agreement();
      await using one = await openServer(agreement);
      await using two = await openServer(agreement);
      const { session: old } = await visit(one);
      agreement.source.rotate();
      const after = await visit(two, old);
      assert.deepEqual([after.resumed, after.received], [false, "hello"]);
      const later = await visit(one, after.session);
      assert.deepEqual([later.resumed, later.received], [true, "hello"]);
    });

    it(`take tickets of after a rotation, in ${version}`, async () => {
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

  it("stay void though a process was lost before anybody heard that they are", () => {
    using source = new TicketSecretSource(ROTATION, () => undefined);
    const asked: number[] = [];
    const keyring = new TicketKeyring(source.secrets, (generation) => asked.push(generation));
    const keys = keyring.keysFor("main");
    const voided = keys.current;
    keys.renew();
    source.holdersLost();
    keyring.update(source.secrets);
    assert.notDeepEqual(keys.current, voided);
    for (const generation of asked) source.renew(generation);
    keyring.update(source.secrets);
    const successor = new TicketKeyring(source.secrets, () => undefined).keysFor("main");
    assert.notDeepEqual(successor.current, voided);
    assert.deepEqual(keys.current, successor.current);
  });
});

describe("clients after a rotation", async () => {
  const client = await identity("client");

  it("are all served at the same time, whatever tickets they have", async () => {
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
      assert.deepEqual([resumed, received], [at % 3 === 1, "hello"]);
    }
  });
});

function sessionOf({ session }: Outcome): { session?: Buffer } {
  return session === undefined ? {} : { session };
}
