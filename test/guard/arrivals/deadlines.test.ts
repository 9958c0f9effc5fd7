import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { Deadlines, type Waiting } from "../../../src/guard/arrivals/deadlines.ts";
import { standStill } from "../../support/stand-still.ts";

function waiting(): Waiting {
  return { transport: new PassThrough(), dueAt: 0 };
}

function destroyed(connections: readonly Waiting[]): readonly boolean[] {
  return connections.map(({ transport }) => transport.destroyed);
}

describe("Deadlines", () => {
  it("drops the oldest for one too many, and those that are spared only when there is no other", () => {
    const whys: string[] = [];
    const deadlines = new Deadlines(2, 60_000, (why) => whys.push(why));
    const all = [waiting(), waiting(), waiting(), waiting()] as const;
    const [spared, second, third, fourth] = all;
    for (const connection of [spared, second]) deadlines.add(connection);
    deadlines.spare(spared);
    deadlines.add(third);
    assert.deepEqual(destroyed(all), [false, true, false, false]);
    deadlines.spare(third);
    assert.deepEqual([deadlines.size, deadlines.spared], [2, 2]);
    deadlines.add(fourth);
    assert.deepEqual(destroyed(all), [true, true, false, false]);
    assert.deepEqual(whys, ["dropped", "dropped"]);
    deadlines.clear();
  });

  it("ends those whose time is over, and no others", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const whys: string[] = [];
    const deadlines = new Deadlines(10, 40, (why) => {
      whys.push(why);
      if (whys.length === 2) resolve();
    });
    const [late, done, later] = [waiting(), waiting(), waiting()];
    for (const connection of [late, done, later]) deadlines.add(connection);
    deadlines.delete(done);
    const keepsAlive = setTimeout(() => undefined, 60_000);
    await promise.finally(() => clearTimeout(keepsAlive));
    assert.deepEqual(destroyed([late, done, later]), [true, false, true]);
    assert.deepEqual([whys, deadlines.size], [["timedOut", "timedOut"], 0]);
  });

  it("gives those whom nobody heard while this process stood still as much time again", async () => {
    const deadlines = new Deadlines(10, 40, () => assert.fail("given up"));
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [[transport]] = await Promise.all([
      once(server, "connection") as Promise<[net.Socket]>,
      once(client, "connect"),
    ]);
    const connection: Waiting = { transport, dueAt: 0 };
    deadlines.add(connection);
    transport.on("data", () => deadlines.delete(connection));
    client.write("here");
    standStill(300);
    await once(transport, "data");
    assert.deepEqual([transport.destroyed, deadlines.size], [false, 0]);
    deadlines.clear();
    client.destroy();
    server.close();
  });

  it("ends all at once when it is told to, which nobody counts", () => {
    const whys: string[] = [];
    const deadlines = new Deadlines(10, 60_000, (why) => whys.push(why));
    const all = [waiting(), waiting()];
    for (const connection of all) deadlines.add(connection);
    deadlines.clear();
    assert.deepEqual([destroyed(all), deadlines.size, whys], [[true, true], 0, []]);
  });
});
