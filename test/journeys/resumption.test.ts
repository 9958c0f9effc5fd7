import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { Home, type RunningServer, startServe } from "../cli/support/serve.ts";
import { type Attempt, beforeItRunsOut } from "../support/before-it-runs-out.ts";
import { fresh, type KnownCredentials } from "./support/certificates.ts";
import { HeldConnection } from "./support/held-connection.ts";
import { TICKET_CLIENTS, type TicketClient } from "./support/tickets.ts";

const DAY_MS = 24 * 3600 * 1000;

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "test", process: "test", now: Date.now });
}

/** A server, and an operator in another process: ours. */
class Scene implements AsyncDisposable {
  readonly home: Home;
  readonly server: RunningServer;
  readonly #store: TrustStore;
  #from = 0;

  constructor(home: Home, server: RunningServer, store: TrustStore) {
    this.home = home;
    this.server = server;
    this.#store = store;
  }

  static async open(...args: readonly string[]): Promise<Scene> {
    const home = new Home();
    const server = await startServe(home, args);
    return new Scene(home, server, openStore(home.store));
  }

  get port(): number {
    return this.server.port;
  }

  get operator(): Operator {
    return operatorOf(this.#store);
  }

  /** Forgets what the log has so far. */
  turnPage(): void {
    this.#from = this.server.log.length;
  }

  /** What the log says since then of that many clients. */
  async told(count: number): Promise<readonly unknown[]> {
    await this.server.logged((line) => this.server.log.indexOf(line) === this.#from + count - 1);
    return this.server.log.slice(this.#from).map(({ event, reason }) => reason ?? event);
  }

  /** Revokes a key, and comes back when the server knows: until then a ticket is good enough to be refused with. */
  async revoke({ pin, ...who }: KnownCredentials): Promise<void> {
    using _held = await HeldConnection.open(this.port, who);
    await this.operator.revoke(pin);
    await this.server.logged((line) => line.event === "revoked" && line["pin"] === pin);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
    await this.server.stop();
    this.home[Symbol.dispose]();
  }
}

describe("a session ticket", () => {
  let optional: Scene;
  let required: Scene;
  before(async () => {
    optional = await Scene.open("--client-certificate", "optional");
    required = await Scene.open("--client-certificate", "required");
  });
  after(async () => {
    await optional[Symbol.asyncDispose]();
    await required[Symbol.asyncDispose]();
  });

  function ofClient(client: TicketClient): void {
    const { name, version } = client;
    let ada: KnownCredentials;
    let count = 0;

    beforeEach(async () => {
      optional.turnPage();
      ada = await fresh(optional.home, `ada-${name}-${version}-${++count}`);
    });

    it("is recognised, as often as it comes", async () => {
      await using ticket = await client.obtain(optional.home, optional.port, ada);
      for (let use = 0; use < 2; use++) {
        const { greeted, resumed, said } = await ticket.use(ada);
        assert.deepEqual({ greeted, resumed }, { greeted: true, resumed: true }, said);
      }
      assert.deepEqual(await optional.told(3), ["met", "recognised", "recognised"]);
      const lines = optional.server.log.slice(-3);
      assert.deepEqual(
        lines.map((line) => [line["resumed"], line["pin"]]),
        [false, true, true].map((resumed) => [resumed, ada.pin]),
      );
    });

    it("is refused with certificate_revoked once the key is revoked", async () => {
      await using ticket = await client.obtain(optional.home, optional.port, ada);
      await optional.revoke(ada);
      // The ticket is worth nothing: the handshake is a full one, so there is an alert in TLS 1.2 too.
      const { alert, greeted, resumed, said } = await ticket.use(ada);
      assert.deepEqual({ alert, greeted, resumed }, { alert: 44, greeted: false, resumed: false }, said);
      assert.deepEqual(await optional.told(4), ["met", "recognised", "revoked", "revoked"]);
    });

    it("does not become a peer's when an anonymous client took it, whatever it shows then", async () => {
      await using ticket = await client.obtain(optional.home, optional.port, undefined);
      for (const shown of [undefined, ada]) {
        const { greeted, resumed, said } = await ticket.use(shown);
        assert.deepEqual({ greeted, resumed }, { greeted: true, resumed: true }, said);
      }
      assert.deepEqual(await optional.told(3), ["anonymous", "anonymous", "anonymous"]);
    });

    // Python ties a session to the context that holds the certificate.
    if (name === "python") return;

    it("opens nothing to a thief without the key once the key is revoked", async () => {
      await using ticket = await client.obtain(required.home, required.port, ada);
      const bearer = await ticket.use(undefined);
      assert.deepEqual(
        { greeted: bearer.greeted, resumed: bearer.resumed },
        { greeted: true, resumed: true },
      );
      await required.revoke(ada);
      const { alert, greeted, said } = await ticket.use(undefined);
      assert.deepEqual({ alert, greeted }, { alert: version === "TLSv1.3" ? 116 : 40, greeted: false }, said);
    });

    it("makes a thief without the key nobody once the key is revoked, where nobody may come", async () => {
      await using ticket = await client.obtain(optional.home, optional.port, ada);
      await optional.revoke(ada);
      await ticket.use(undefined);
      assert.deepEqual(await optional.told(4), ["met", "recognised", "revoked", "anonymous"]);
    });

    it("does not lend its peer to another key that is shown with it", async () => {
      await using ticket = await client.obtain(optional.home, optional.port, ada);
      await optional.revoke(ada);
      const bob = await fresh(optional.home, `bob-${name}-${version}`);
      assert.equal((await ticket.use(bob)).greeted, true);
      const met = await optional.server.logged(({ pin }) => pin === bob.pin);
      assert.deepEqual(
        { event: met.event, peer: met["peer"] },
        { event: "met", peer: `bob-${name}-${version}` },
      );
    });

    it("is taken by the policy for what it is when all tickets were void in between", async () => {
      await using ticket = await client.obtain(optional.home, optional.port, ada);
      await optional.revoke(ada);
      await optional.operator.approve(ada.pin);
      const { greeted, resumed, said } = await ticket.use(ada);
      assert.deepEqual({ greeted, resumed }, { greeted: true, resumed: false }, said);
      assert.deepEqual(await optional.told(4), ["met", "recognised", "revoked", "recognised"]);
    });
  }

  for (const client of TICKET_CLIENTS) {
    describe(`of ${client.name} in ${client.version}`, () => ofClient(client));
  }
});

/** What runs out without anybody doing anything, and how a client comes to be known that long. */
const RUNS_OUT: readonly {
  readonly what: string;
  readonly meet: (scene: Scene, name: string, attempt: Attempt) => Promise<KnownCredentials>;
}[] = [
  {
    what: "its approval",
    async meet(scene, name, attempt) {
      const who = await fresh(scene.home, name);
      using _held = await HeldConnection.open(scene.port, who);
      await scene.server.logged(({ pin }) => pin === who.pin);
      const expires = attempt.runsOutAt(Date.now() + attempt.forMs);
      await scene.operator.approve(who.pin, { expires });
      return who;
    },
  },
  {
    what: "its certificate",
    async meet(scene, name, attempt) {
      const who = await fresh(scene.home, name, { days: attempt.forMs / DAY_MS });
      // It is good at that moment, too.
      attempt.runsOutAt(new X509Certificate(who.cert).validToDate.getTime() + 1);
      return who;
    },
  },
];

describe("a session ticket that is used", { concurrency: 6 }, () => {
  for (const client of TICKET_CLIENTS) {
    const { name, version } = client;
    for (const { what, meet } of RUNS_OUT) {
      it(`after ${what} has run out is refused (${name} in ${version})`, async () => {
        await using done = await beforeItRunsOut(4000, async (attempt) => {
          const scene = attempt.use(await Scene.open());
          const who = await meet(scene, `ada-${name}`, attempt);
          const ticket = attempt.use(await client.obtain(scene.home, scene.port, who));
          assert.equal((await ticket.use(who)).resumed, true);
          return { scene, who, ticket };
        });
        const { scene, who, ticket } = done;
        await done.attempt.over();
        const first = await ticket.use(who);
        // A resumed TLS 1.2 handshake leaves no room for an alert: the connection just ends, and the tickets with it.
        const alert = version === "TLSv1.3" ? 45 : null;
        assert.deepEqual(
          { ...first, said: "" },
          { alert, greeted: false, resumed: true, said: "" },
          first.said,
        );
        const second = await ticket.use(who);
        assert.deepEqual(
          { alert: second.alert, greeted: second.greeted },
          { alert: 45, greeted: false },
          second.said,
        );
        const expired = (): number => scene.server.log.filter(({ reason }) => reason === "expired").length;
        await scene.server.logged(() => expired() === 2);
      });
    }
  }
});

describe("a session ticket of one of two servers on a store", () => {
  for (const client of TICKET_CLIENTS.filter(({ name }) => name === "node")) {
    it(`is void in both once the key is revoked (${client.version})`, async () => {
      await using scene = await Scene.open();
      await using other = await startServe(scene.home);
      const ada = await fresh(scene.home, "ada");
      await using here = await client.obtain(scene.home, scene.port, ada);
      await using there = await client.obtain(scene.home, other.port, ada);
      using held = await HeldConnection.open(other.port, ada);
      await scene.revoke(ada);
      await held.closedAt;
      for (const ticket of [here, there]) assert.equal((await ticket.use(ada)).alert, 44);
      await scene.operator.approve(ada.pin);
      for (const ticket of [here, there]) assert.equal((await ticket.use(ada)).greeted, true);
    });
  }
});
