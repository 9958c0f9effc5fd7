import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { IDENTITY_TYPES } from "../../src/x509/identity-type.ts";
import { Home, type RunningServer, startServe, until } from "../cli/support/serve.ts";
import { openHomeStore, printed, printedJson } from "../cli/support/trust.ts";
import { freePort } from "../support/free-port.ts";

const TYPES = IDENTITY_TYPES.filter((type) => type.startsWith("ml-dsa"));
/** draft-ietf-tls-ecdhe-mlkem §4: the group in ServerHello's key_share extension (51). */
const KEY_SHARE_X25519MLKEM768 = /0033....11ec/;

interface ShownIdentity {
  readonly pin: string;
  readonly file: string;
  readonly keyType: string;
}

interface TraceLine {
  readonly contentTypeCode: number;
  readonly messageTypeCode: number | null;
  readonly data: string;
}

async function identityOf(home: Home, ...args: readonly string[]): Promise<ShownIdentity> {
  return printedJson<ShownIdentity>(home, "identity", ...args);
}

/** A server with the identity that `identity` made. */
function serveWith(home: Home, { file }: ShownIdentity, listen: string): Promise<RunningServer> {
  const own = ["--cert", file, "--key", file, "--listen", listen];
  return startServe(home, [...own, "--first-use", "accept", "--min-tls", "1.3", "--trace=jsonl"]);
}

function groupIsHybrid({ stdout }: RunningServer): boolean {
  // The last one may not be whole yet.
  const lines = stdout.split("\n").slice(0, -1);
  const hellos = lines
    .map((line) => JSON.parse(line) as TraceLine)
    .filter((line) => line.contentTypeCode === 22 && line.messageTypeCode === 2);
  return hellos.length > 0 && hellos.every(({ data }) => KEY_SHARE_X25519MLKEM768.test(data));
}

function states(home: Home, name: string): Promise<readonly string[]> {
  return printedJson<{ readonly peer: string; readonly state: string }[]>(home, "trust", "list").then(
    (keys) => keys.filter(({ peer }) => peer === name).map(({ state }) => state),
  );
}

describe("post-quantum, from end to end", () => {
  for (const type of TYPES) {
    it(`is met, recognised, rotated at both ends and revoked with ${type}`, async () => {
      using home = new Home();
      const gateway = await identityOf(home, "create", "gateway", "--type", type);
      const anna = await identityOf(home, "create", "anna", "--type", type);
      assert.deepEqual([gateway.keyType, anna.keyType], [type, type]);
      await using first = await serveWith(home, gateway, `127.0.0.1:${await freePort()}`);
      const { address } = first;
      const connect = (input: string): ReturnType<Home["run"]> => {
        return home.run(["connect", address, "--identity", "anna", "--min-tls", "1.3"], input);
      };
      for (const input of ["met", "again"])
        assert.equal((await connect(`${input}\n`)).stdout, `Hello, ${input}`);
      assert.equal((await first.logged(({ event }) => event === "met"))["pin"], anna.pin);
      assert.equal((await first.logged(({ event }) => event === "recognised"))["pin"], anna.pin);
      await until(() => groupIsHybrid(first));
      await printed(home, "identity", "rotate", "anna");
      const { pin, keyType } = await identityOf(home, "show", "anna");
      assert.notEqual(pin, anna.pin);
      assert.equal(keyType, type);
      assert.equal((await connect("rotated\n")).stdout, "Hello, rotated");
      assert.deepEqual(await states(home, "anna"), ["retired", "trusted"]);
      await first.stop();
      await printed(home, "identity", "rotate", "gateway");
      await using second = await serveWith(home, await identityOf(home, "show", "gateway"), address);
      assert.notEqual(second.pin, gateway.pin);
      const followed = await connect("followed\n");
      assert.equal(followed.stdout, "Hello, followed", followed.stderr);
      await home.run(["trust", "revoke", "anna", "--yes"]);
      const refused = await connect("never\n");
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /certificate_revoked \(alert 44\)/);
      const { store } = openHomeStore(home);
      assert.equal(store.check().problems.length, 0);
      await store.close();
    });
  }
});
