import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parseJoinToken } from "../../src/trust/naming/join-token.ts";
import { runHere } from "./support/run-here.ts";
import { Home, MAIN, runToEnd, startServe, startServer } from "./support/serve.ts";
import { makeClient } from "./support/tls-clients.ts";
import { failure, printed, printedJson } from "./support/trust.ts";

const PIN = "sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const SERVER = ["--server", "gw.example:8443", "--server-pin", PIN];

interface CreatedToken {
  readonly token: string;
  readonly id: string;
  readonly peer: string;
  readonly servers: readonly string[];
  readonly serverPin: string;
  readonly expires: string;
}

interface ListedToken {
  readonly id: string;
  readonly peer: string;
  readonly state: string;
  readonly [field: string]: unknown;
}

function listener(name: string): string {
  return `[[listener]]\nname = "${name}"\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:1"\n`;
}

describe("token create", () => {
  it("prints the token alone on a line, which says all that a client needs", async () => {
    using home = new Home();
    const before = Date.now();
    const text = await printed(home, "token", "create", "laptop-anna", ...SERVER);
    assert.match(text, /^hc1\.[\w-]+\n$/);
    const { peer, servers, serverPin, expires } = parseJoinToken(text);
    assert.deepEqual(
      { peer, servers, serverPin },
      {
        peer: "laptop-anna",
        servers: ["gw.example:8443"],
        serverPin: PIN,
      },
    );
    assert.ok(expires > before + 3_590_000 && expires <= Date.now() + 3_600_000);
  });

  it("takes address and key of the server that last ran on the store", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const created = await printedJson<CreatedToken>(home, "token", "create", "anna");
    assert.deepEqual(created.servers, [server.address]);
    assert.equal(created.serverPin, server.pin);
    assert.deepEqual(parseJoinToken(created.token).id, created.id);
  });

  it("takes several addresses, in the order in which they are to be tried, and any length of time", async () => {
    using home = new Home();
    const args = ["--server", "GW.example:8443", "--server", "[2001:DB8::1]:443", "--server-pin", PIN];
    const created = await printedJson<CreatedToken>(
      home,
      "token",
      "create",
      "Anna",
      ...args,
      "--expires",
      "7d",
    );
    assert.deepEqual(created.servers, ["gw.example:8443", "[2001:db8::1]:443"]);
    assert.equal(created.peer, "Anna");
    const days = (Date.parse(created.expires) - Date.now()) / 86_400_000;
    assert.ok(days > 6.99 && days <= 7);
  });

  it("says what it has to be told when no server ever ran, or ran at no address to connect to", async () => {
    using home = new Home();
    const nowhere = await failure(home, "token", "create", "anna");
    assert.match(nowhere.stderr, /--server HOST:PORT/);
    const keyless = await failure(home, "token", "create", "anna", "--server", "gw.example:1");
    assert.match(keyless.stderr, /--server-pin PIN/);
    await using server = await startServe(home, ["--listen", "0.0.0.0:0"]);
    const anywhere = await failure(home, "token", "create", "anna");
    assert.match(anywhere.stderr, /no address that a client can connect to/);
    const told = await printedJson<CreatedToken>(home, "token", "create", "anna", "--server", "gw.example:1");
    assert.equal(told.serverPin, server.pin);
  });

  it("takes no listener of several for the one that is meant, nor a key of several", async () => {
    using home = new Home();
    const { cert, key } = await makeClient(home, "other");
    const config = home.path("gateway.toml");
    writeFileSync(config, `${listener("one")}${listener("two")}cert = "${cert}"\nkey = "${key}"\n`);
    await using gateway = await startServer(home, ["gateway", "--config", config]);
    await gateway.logged(({ event, listener: name }) => event === "listening" && name === "two");
    const listening = gateway.log.filter(({ event }) => event === "listening");
    const [one, two] = listening.map(({ address, pin }) => ({ address: String(address), pin }));
    assert.ok(one && two && one.pin !== two.pin);
    const neither = await failure(home, "token", "create", "anna");
    assert.match(
      neither.stderr,
      /several listeners: .*ERR_HANDCLASP_AMBIGUOUS\]\nhint: .*--server HOST:PORT/,
    );
    for (const { address } of [one, two]) assert.ok(neither.stderr.includes(address));
    for (const { address, pin } of [one, two]) {
      const created = await printedJson<CreatedToken>(home, "token", "create", "anna", "--server", address);
      assert.partialDeepStrictEqual(created, { servers: [address], serverPin: pin });
    }
    const elsewhere = await failure(home, "token", "create", "anna", "--server", "gw.example:1");
    assert.match(elsewhere.stderr, /different keys: .*ERR_HANDCLASP_AMBIGUOUS\]\nhint: .*--server-pin PIN/);
    await gateway.stop();
    await using server = await startServe(home);
    const created = await printedJson<CreatedToken>(home, "token", "create", "anna");
    assert.deepEqual(created.servers, [server.address]);
  });

  it("refuses a name that has a trusted key, unless that one is to be replaced", async () => {
    using home = new Home();
    const { cert } = await makeClient(home, "anna");
    await printed(home, "trust", "add", cert);
    const refused = await failure(home, "token", "create", "ANNA", ...SERVER);
    assert.match(
      refused.stderr,
      /ERR_HANDCLASP_CONFLICT.*\nhint: give another name, .*: handclasp token create NAME --replace\n/,
    );
    const created = await printedJson<CreatedToken>(home, "token", "create", "anna", ...SERVER, "--replace");
    const [listed] = await printedJson<ListedToken[]>(home, "token", "list");
    assert.partialDeepStrictEqual(listed, { id: created.id, replace: true, state: "open" });
  });

  it("refuses what a token cannot be made of", async () => {
    using home = new Home();
    for (const args of [
      ["e\u202Eve", ...SERVER],
      [PIN, ...SERVER],
      ["anna", ...SERVER, "--from", "192.0.2.7/24"],
    ]) {
      await failure(home, "token", "create", ...args);
    }
    for (const args of [
      ["anna", "--server", "gw.example", "--server-pin", PIN],
      ["anna", "--server", "gw.example:1", "--server-pin", "sha256:AAAA"],
      ["anna", ...SERVER, "--expires", "soon"],
      ["anna", ...SERVER, "--expires", "91d"],
      [],
    ]) {
      assert.equal((await runHere(home, ["token", "create", ...args])).code, 2, args.join(" "));
    }
    assert.deepEqual(await printedJson(home, "token", "list"), []);
  });

  it("keeps no secret: what is in the store and in the list joins nobody", async () => {
    using home = new Home();
    const text = await printed(home, "token", "create", "anna", ...SERVER);
    const { seed } = parseJoinToken(text);
    const listed = await printed(home, "token", "list", "--json");
    for (const file of [home.store, `${home.store}-wal`]) {
      const bytes = readIfThere(file);
      assert.ok(!bytes.includes(Buffer.from(seed)), file);
      assert.ok(!bytes.includes(text.trim()), file);
    }
    assert.ok(!listed.includes(text.trim().slice(30)));
    const events = await printed(home, "trust", "events", "--json");
    assert.ok(!events.includes(Buffer.from(seed).toString("hex")));
  });

  it("shows a QR code on a terminal, and only there", async () => {
    using home = new Home();
    const line = [process.execPath, MAIN, "token", "create", "anna", ...SERVER]
      .map((word) => `'${word}'`)
      .join(" ");
    const { stdout } = await runToEnd("script", ["-qec", line, "/dev/null"], {
      environment: home.environment,
    });
    const [token, ...rest] = stdout.replaceAll("\r", "").trim().split("\n");
    assert.equal(parseJoinToken(token ?? "").peer, "anna");
    const code = rest.filter((row) => /^[█▀▄ ]{40,}$/.test(row));
    assert.ok(code.length > 20, stdout);
    assert.equal(new Set(code.map((row) => row.length)).size, 1);
  });
});

describe("token list", () => {
  it("shows every token with its state, newest first, and who used it", async () => {
    using home = new Home();
    await using server = await startServe(home);
    using guest = new Home();
    const token = (await printed(home, "token", "create", "anna", "--from", "127.0.0.0/8")).trim();
    const joined = await guest.run(["join", token, "--json"]);
    assert.equal(joined.code, 0, joined.stderr);
    const { id } = await printedJson<CreatedToken>(home, "token", "create", "ben");
    await printed(home, "token", "cancel", id.slice(0, 12));
    await printed(home, "token", "create", "carl");
    const listed = await printedJson<ListedToken[]>(home, "token", "list");
    assert.deepEqual(Object.fromEntries(listed.map(({ peer, state }) => [peer, state])), {
      anna: "used",
      ben: "cancelled",
      carl: "open",
    });
    const used = listed.find(({ peer }) => peer === "anna");
    const { pin, keyId } = JSON.parse(joined.stdout) as Record<string, string>;
    assert.partialDeepStrictEqual(used, {
      usedBy: pin,
      usedByKeyId: keyId,
      from: "127.0.0.0/8",
      replace: false,
      serverPin: server.pin,
      cancelledAt: null,
    });
    const table = await printed(home, "token", "list");
    assert.match(table, /^ID {2,}NAME {2,}STATE {2,}EXPIRES {2,}FROM {2,}USED BY\n/);
    assert.match(table, new RegExp(`anna +used +\\S+ +127\\.0\\.0\\.0/8 +${keyId?.slice(0, 15)}\n`));
  });

  it("shows the groups that tokens lead into, where there are any", async () => {
    using home = new Home();
    const made = await printedJson<CreatedToken & { groups: string[] }>(
      home,
      "token",
      "create",
      "anna",
      "--group",
      "dba, Night shift",
      "--group=lab",
      ...SERVER,
    );
    assert.deepEqual(made.groups, ["dba", "Night shift", "lab"]);
    await printed(home, "token", "create", "ben", ...SERVER);
    const listed = await printedJson<(ListedToken & { groups: string[] })[]>(home, "token", "list");
    assert.deepEqual(Object.fromEntries(listed.map(({ peer, groups }) => [peer, groups])), {
      anna: ["dba", "Night shift", "lab"],
      ben: [],
    });
    const table = await printed(home, "token", "list");
    assert.match(table, /^ID {2,}NAME {2,}STATE {2,}EXPIRES {2,}FROM {2,}GROUPS {2,}USED BY\n/);
    assert.match(table, /anna {2,}open {2,}\S+ {2,}anywhere {2,}dba, Night shift, lab\n/);
    assert.match(
      (await failure(home, "token", "create", "carl", "--group", "dba,", ...SERVER)).stderr,
      /NAME/,
    );
  });

  it("does not make a store to list nothing from it", async () => {
    using home = new Home();
    await failure(home, "token", "list");
    await failure(home, "token", "cancel", "00");
  });
});

describe("token cancel", () => {
  it("takes the beginning of an id, if one token alone begins so, and says what it cancelled", async () => {
    using home = new Home();
    const { id } = await printedJson<CreatedToken>(home, "token", "create", "anna", ...SERVER);
    await printedJson<CreatedToken>(home, "token", "create", "ben", ...SERVER);
    assert.match((await failure(home, "token", "cancel", "")).stderr, /ERR_HANDCLASP_NOT_FOUND/);
    assert.match(
      (await failure(home, "token", "cancel", "anna")).stderr,
      /ERR_HANDCLASP_NOT_FOUND\]\nhint: its id is what is wanted, or the beginning of it: .*token list/,
    );
    const cancelled = await printedJson<ListedToken>(home, "token", "cancel", id.toUpperCase());
    assert.partialDeepStrictEqual(cancelled, { id, peer: "anna", state: "cancelled" });
    const again = await failure(home, "token", "cancel", id);
    assert.match(again.stderr, /it is cancelled \[ERR_HANDCLASP_STATE\]/);
  });
});

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
