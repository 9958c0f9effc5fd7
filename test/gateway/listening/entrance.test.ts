import assert from "node:assert/strict";
import { once } from "node:events";
import { Socket } from "node:net";
import { describe, it } from "node:test";
import { Capacity } from "../../../src/gateway/listening/capacity.ts";
import { Entrance } from "../../../src/gateway/listening/entrance.ts";

interface Door {
  readonly entrance: Entrance;
  readonly inside: Socket[];
  readonly fulls: () => number;
  setMost(most: number): void;
}

function doorOf(capacity: Capacity, most: number): Door {
  const inside: Socket[] = [];
  let [limit, fulls] = [most, 0];
  const entrance = new Entrance({
    capacity,
    most: () => limit,
    letIn: (transport) => void inside.push(transport),
    onFull: () => (fulls += 1),
  });
  return { entrance, inside, fulls: () => fulls, setMost: (next) => void (limit = next) };
}

/** Sockets that came in this order, of which each has been accepted. */
function come({ entrance }: Door, count: number): readonly Socket[] {
  const sockets = Array.from({ length: count }, () => new Socket());
  for (const socket of sockets) entrance.accept(socket);
  return sockets;
}

async function leaves(socket: Socket | undefined): Promise<void> {
  assert.ok(socket !== undefined);
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
}

describe("Entrance", () => {
  it("lets in as many as it may, and then who waited longest as others end", async () => {
    const door = doorOf(new Capacity(10), 2);
    const [first, second, third, fourth] = come(door, 4);
    assert.deepEqual(door.inside, [first, second]);
    await leaves(second);
    assert.deepEqual(door.inside, [first, second, third]);
    await leaves(first);
    assert.deepEqual(door.inside.at(-1), fourth);
    assert.equal(door.fulls(), 1);
  });

  it("forgets who waits and goes, and says again that it is full once nobody waited", async () => {
    const door = doorOf(new Capacity(10), 1);
    const [first, second, third] = come(door, 3);
    await leaves(second);
    await leaves(first);
    assert.deepEqual(door.inside, [first, third]);
    come(door, 1);
    assert.equal(door.fulls(), 2);
  });

  it("shares the room of the process with other entrances", async () => {
    const capacity = new Capacity(2);
    const [one, other] = [doorOf(capacity, 10), doorOf(capacity, 10)];
    const [first] = come(one, 1);
    come(other, 2);
    assert.deepEqual([one.inside.length, other.inside.length], [1, 1]);
    await leaves(first);
    assert.equal(other.inside.length, 2);
  });

  it("has no more wait than there is room for, and closes the others", () => {
    const door = doorOf(new Capacity(2), 1);
    const sockets = come(door, 4);
    assert.deepEqual(
      sockets.map(({ destroyed }) => destroyed),
      [false, false, false, true],
    );
  });

  it("lets in who waits when it may be more", () => {
    const door = doorOf(new Capacity(10), 1);
    come(door, 3);
    door.setMost(3);
    door.entrance.admitWaiting();
    assert.equal(door.inside.length, 3);
  });

  it("closes who waits, and leaves who is in, when it closes", async () => {
    const door = doorOf(new Capacity(10), 1);
    const [first, second] = come(door, 2);
    door.entrance.close();
    assert.deepEqual([first?.destroyed, second?.destroyed], [false, true]);
    await leaves(first);
    assert.equal(door.inside.length, 1);
  });
});
