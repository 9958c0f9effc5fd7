import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, describe, it, type TestContext } from "node:test";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { openStore } from "../../src/store/open-store.ts";
import { parseEvent } from "../../src/trust/records/events.ts";
import { Operator } from "../../src/operator/operator.ts";
import { Trust } from "../../src/trust/trust.ts";
import { Home } from "../cli/support/serve.ts";
import { factsOf } from "../support/certificates.ts";
import { eventsIn, refusalsIn } from "../support/listed.ts";

/** A server's trust, and a store as another process would read it, at times that the test decides. */
class Refusing implements AsyncDisposable {
  readonly store = openMemoryStore();
  readonly #timers: TestContext["mock"]["timers"];
  readonly #trust: Trust;
  #now: number = Date.UTC(2030, 0, 1);

  constructor({ mock }: TestContext) {
    mock.timers.enable({ apis: ["setTimeout"] });
    this.#timers = mock.timers;
    this.#trust = new Trust(this.store, {
      policy: { firstUse: "refuse" },
      now: () => this.#now,
      process: "serve 1",
    });
  }

  refuse(connection: string, remoteAddress = "192.0.2.1"): void {
    const verdict = this.#trust.judge({ certificate: STRANGER, caSigned: false, remoteAddress });
    assert.ok(verdict.decision === "refuse");
    this.#trust.journal.refused(verdict, { connection, remoteAddress });
  }

  pass(ms: number): void {
    this.#now += ms;
    this.#timers.tick(ms);
  }

  async lastOnRecord(): Promise<string | undefined> {
    return (await refusalsIn(this.store))[0]?.connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#trust[Symbol.asyncDispose]();
    await this.store.close();
  }
}

const STRANGER = factsOf("stranger");

describe("flush", () => {
  it("waits for the signs of theft that are being written, too", async () => {
    using home = new Home();
    await using store = openStore(home.path("trust.db"));
    await using trust = new Trust(store, {
      policy: { firstUse: "accept" },
      now: Date.now,
      process: "serve 1",
    });
    const showing = { certificate: STRANGER, caSigned: false, remoteAddress: "192.0.2.1" };
    const claim = trust.judge(showing);
    assert.ok(claim.decision === "claim");
    await trust.settle(claim, showing);
    await new Operator(store, { user: "ada", process: "test", now: Date.now }).revoke(STRANGER.pin);
    trust.judge(showing);
    await trust.flush();
    const types = (await eventsIn(store)).map(({ json }) => parseEvent(json)?.type);
    assert.deepEqual(types.slice(-2), ["revoked", "stale-key-seen"]);
  });
});

describe("a refusal", () => {
  it("is on record within a tenth of a second, the next one too", async (test) => {
    await using server = new Refusing(test);
    for (const connection of ["1", "2", "3"]) {
      server.refuse(connection);
      server.pass(100);
      assert.equal(await server.lastOnRecord(), connection);
    }
  });

  it("of a flood is on record within a second: it costs no transaction of its own", async (test) => {
    await using server = new Refusing(test);
    let writes = 0;
    let before: string | undefined;
    for (let time = 0; time < 5000; time += 10) {
      for (let count = 0; count < 10; count++) server.refuse(`${time}-${count}`, `192.0.2.${count}`);
      server.pass(10);
      if ((await server.lastOnRecord()) !== before) writes += 1;
      before = await server.lastOnRecord();
    }
    assert.ok(writes >= 5 && writes <= 6, `${writes} writes in 5 seconds`);
    server.pass(1000);
    assert.equal(await server.lastOnRecord(), "4990-9");

    server.refuse("alone");
    server.pass(1000);
    server.refuse("alone again");
    server.pass(100);
    assert.equal(await server.lastOnRecord(), "alone again", "the flood is over");
  });
});

describe("a stranger who waits for as long as there is", () => {
  it("is kept until the last moment that can be written down", async () => {
    const store = openMemoryStore();
    const options = {
      policy: { firstUse: "ask" },
      process: "serve 1",
      now: () => Date.UTC(2030, 0, 1),
    } as const;
    const trust = new Trust(store, { ...options, pendingForMs: Number.MAX_SAFE_INTEGER });
    trust.judge({ certificate: STRANGER, caSigned: false, remoteAddress: "192.0.2.1" });
    await trust.flush();
    assert.equal(store.key(STRANGER.pin)?.expires, Date.UTC(9999, 11, 31, 23, 59, 59, 999));
    await store.close();
  });
});

describe("whoever is told of failures", () => {
  it("changes no answer by throwing, and is heard of", () => {
    const script = join(import.meta.dirname, "support", "throwing-on-error.ts");
    const { stdout } = spawnSync(process.execPath, [script], { encoding: "utf8" });
    const uncaught = "uncaught: told, and throws: the disk is gone";
    const answers = ["store-unavailable", "0", "store-unavailable"];
    assert.deepEqual(stdout.trim().split("\n"), answers.concat(uncaught, uncaught, uncaught));
  });
});

describe("an event that cannot be read", () => {
  it("is told of: nobody knows whom it is about", async () => {
    const errors: unknown[] = [];
    const store = openMemoryStore();
    after(() => store.close());
    const listeners: ((events: { sequence: number; json: string; hash: string }[]) => void)[] = [];
    const broken = Object.assign(Object.create(store) as typeof store, {
      onEvents: (listener: (typeof listeners)[number]) => {
        listeners.push(listener);
        return () => undefined;
      },
      onAnew: () => () => undefined,
    });
    await using trust = new Trust(broken, {
      now: () => 0,
      process: "serve 2",
      onError: (e) => errors.push(e),
    });
    trust.onChange(() => assert.fail("there is nothing to tell"));
    listeners[0]?.([{ sequence: 7, json: "{", hash: "" }]);
    assert.match(String(errors[0]), /event 7 of the trust store cannot be read/);
  });
});
