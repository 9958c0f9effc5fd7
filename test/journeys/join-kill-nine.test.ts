import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openStore } from "../../src/store/open-store.ts";
import { parseEvent } from "../../src/trust/records/events.ts";
import { encodeJoinToken, type JoinToken } from "../../src/trust/naming/join-token.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { runHere } from "../cli/support/run-here.ts";
import { Home, type RunningServer, startServe } from "../cli/support/serve.ts";
import { openHomeStore } from "../cli/support/trust.ts";
import { Guest } from "../client/support/join-scene.ts";
import { CAN_KILL, Killer } from "./support/killer.ts";
import { freePort } from "../support/free-port.ts";
import { eventsIn } from "../support/listed.ts";

const skip = !CAN_KILL && "no C compiler here";
/** More than a join takes. */
const MOST_WRITES = 300;

/** The first writes are tried one by one, later ones with gaps. */
function after(write: number): number {
  return write + 1 + Math.floor(write / 4);
}

/** Who is trusted under a name; what is in the store is sound. */
async function holdersOf(store: string, name: string): Promise<readonly KeyPin[]> {
  await using opened = openStore(store);
  const { problems, chain } = opened.check();
  assert.deepEqual(problems, []);
  assert.equal(chain.broken, null);
  const joins = (await eventsIn(opened)).map(({ json }) => parseEvent(json));
  const held = opened.keysOfName(name).filter(({ state }) => state === "trusted");
  assert.equal(joins.filter((event) => event?.type === "joined" && event.peer === name).length, held.length);
  return held.map(({ pin }) => pin);
}

async function invite(home: Home, { pin, address }: RunningServer, peer: string): Promise<JoinToken> {
  const { store, operator } = openHomeStore(home);
  const token = await operator.createToken({ peer, serverPin: pin as KeyPin, servers: [address] });
  await store.close();
  return token;
}

describe("a server that is killed while a client joins", () => {
  it("has the key or has it not, wherever it was, and takes it when it comes again", { skip }, async () => {
    using home = new Home();
    const killer = new Killer(home);
    await using servers = new AsyncDisposableStack();
    const startVictim = async (write: number, ...more: readonly string[]): Promise<RunningServer> =>
      servers.use(await startServe(killer.at(write), ["--first-use", "refuse", ...more]));
    let victim = await startVictim(1, "--listen", `127.0.0.1:${await freePort()}`);
    let kills = 0;
    let knownAfterKill = 0;
    for (let write = 1; ; write = after(write)) {
      assert.ok(write < MOST_WRITES);
      const name = `peer-${write}`;
      await using guest = await Guest.called("root");
      const { pin } = guest.own.facts;
      const token = await invite(home, victim, name);
      killer.start();
      const joined = await guest.join(token).then(
        () => true,
        () => false,
      );
      const code = await victim.stop("SIGTERM");
      const holders = await holdersOf(home.store, name);
      assert.ok(holders.length === 0 ? !joined : holders[0] === pin, "it was told that it is in, and is not");
      if (code === 0) break;
      kills += 1;
      if (holders.length > 0) knownAfterKill += 1;
      // Who takes the client again is the next that is killed.
      const { pin: shown, address } = victim;
      victim = await startVictim(after(write), "--listen", address);
      assert.equal(victim.pin, shown);
      await guest.join(token);
      assert.deepEqual(await holdersOf(home.store, name), [pin]);
    }
    assert.ok(kills > 5, `${kills}`);
    assert.ok(knownAfterKill > 0, "it was never killed after it had written the key down");
    assert.ok(knownAfterKill < kills, "it was never killed before it had written the key down");
  });
});

describe("a client that is killed while it joins", () => {
  it("joins when it tries again, wherever it was, with one key", { skip }, async () => {
    using home = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const killer = new Killer(home);
    let kills = 0;
    let knownAfterKill = 0;
    for (let write = 1; ; write = after(write)) {
      assert.ok(write < MOST_WRITES);
      const name = `peer-${write}`;
      const token = encodeJoinToken(await invite(home, server, name));
      using guest = new Home();
      const victim = killer.at(write, guest);
      killer.start();
      const first = await victim.run(["join", token, "--json"]);
      const before = await holdersOf(home.store, name);
      if (first.code !== 0) {
        assert.equal(first.code, null, first.stderr);
        kills += 1;
        if (before.length > 0) knownAfterKill += 1;
      }
      const second = await runHere(guest, ["join", token, "--json"]);
      assert.equal(second.code, 0, `write ${write}: ${second.stderr}`);
      const { pin } = JSON.parse(second.stdout) as { pin: KeyPin };
      assert.deepEqual(await holdersOf(home.store, name), [pin]);
      if (first.code !== 0) continue;
      const { stdout } = await runHere(guest, ["connect", server.address], "anna\n");
      assert.equal(stdout, "Hello, anna");
      break;
    }
    assert.ok(kills > 5, `${kills}`);
    assert.ok(knownAfterKill > 0, "it was never killed after the server knew it");
    assert.ok(knownAfterKill < kills, "it was never killed before the server knew it");
  });
});
