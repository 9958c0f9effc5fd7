import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { TicketSecrets } from "../../../src/gateway/tickets/ticket-keyring.ts";
import { TicketSecretSource } from "../../../src/gateway/tickets/ticket-secrets.ts";

const ROTATION = { lifetimeMs: 1000, rotateEveryMs: 10_000 };

interface Source extends Disposable {
  readonly source: TicketSecretSource;
  readonly told: readonly TicketSecrets[];
  pass(ms: number): void;
}

function sourceIn({ mock }: TestContext): Source {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const told: TicketSecrets[] = [];
  const source = new TicketSecretSource(ROTATION, (secrets) => told.push(secrets));
  return {
    source,
    told,
    pass: (ms) => mock.timers.tick(ms),
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}

describe("what seals a gateway's tickets", () => {
  it("is another secret after so long, of the next generation", (t) => {
    using scene = sourceIn(t);
    const { current, generation } = scene.source.secrets;
    scene.pass(ROTATION.rotateEveryMs);
    assert.equal(scene.told.length, 1);
    assert.equal(scene.source.secrets.generation, generation + 1);
    assert.notDeepEqual(scene.source.secrets.current, current);
  });

  it("is renewed once for those who ask at the same time", (t) => {
    using scene = sourceIn(t);
    const { generation } = scene.source.secrets;
    scene.source.renew(generation);
    scene.source.renew(generation);
    assert.equal(scene.told.length, 1);
  });

  it("is renewed for a generation in which the same secret was used, though something else has changed since", (t) => {
    using scene = sourceIn(t);
    const { generation, current } = scene.source.secrets;
    scene.source.holdersLost();
    assert.deepEqual(scene.source.secrets.current, current);
    scene.source.renew(generation);
    assert.notDeepEqual(scene.source.secrets.current, current);
    assert.equal(scene.source.secrets.holdersUnknown, false);
  });

  it("has holders that nobody knows for as long as a ticket is taken, counted from the last process that was lost", (t) => {
    using scene = sourceIn(t);
    scene.source.holdersLost();
    scene.pass(600);
    scene.source.holdersLost();
    scene.pass(600);
    assert.equal(scene.source.secrets.holdersUnknown, true);
    scene.pass(400);
    assert.equal(scene.source.secrets.holdersUnknown, false);
  });

  it("changes no more once it is disposed of", (t) => {
    const scene = sourceIn(t);
    scene.source.holdersLost();
    scene[Symbol.dispose]();
    scene.pass(100_000);
    assert.equal(scene.told.length, 1);
  });
});
