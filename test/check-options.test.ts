import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:tls";
import { describe, it } from "node:test";
import {
  connect,
  createIdentity,
  dispatcher,
  guard,
  HandclaspError,
  httpsAgent,
  joinWithToken,
  KnownServers,
  observe,
  openMemoryStore,
  openStore,
  Operator,
  rotateIdentity,
  SessionCache,
  Trust,
} from "../src/index.ts";

const now = Date.now;
const process = "test";
const store = openMemoryStore();
const trust = new Trust(store, { now, process });
const operator = new Operator(store, { user: null, now, process });
const knownServers = new KnownServers(store, { now, process });
/** As JavaScript would call it. */
const any = (value: unknown): never => value as never;

describe("an option that does not exist", () => {
  for (const [option, meant, make] of [
    ["clientCertificat", "clientCertificate", (o) => guard(createServer(), trust, o)],
    ["handshakeTimeout", "handshakeTimeoutMs", (o) => guard(createServer(), trust, o)],
    ["sampel", "sample", (o) => observe(createServer(), () => undefined, o)],
    ["polcy", "policy", (o) => new Trust(store, { now, process, ...o })],
    ["onerror", "onError", (o) => new Trust(store, { now, process, ...o })],
    ["first_use", "firstUse", (o) => new Trust(store, { now, process, policy: o })],
    ["maxNetwork", "maxNetworks", (o) => new Trust(store, { now, process, limits: o })],
    ["usr", "user", (o) => new Operator(store, { user: null, now, process, ...o })],
    ["onconflict", "onConflict", (o) => operator.approve("x", o)],
    ["forMS", "forMs", (o) => operator.createToken(any({ peer: "anna", servers: [], serverPin: "", ...o }))],
    ["proces", "process", (o) => new KnownServers(store, { now, process, ...o })],
    ["verifyserver", "verifyServer", (o) => connect({ knownServers, host: "::1", port: 1, ...o })],
    ["veryfyServer", "verifyServer", (o) => httpsAgent({ knownServers, ...o })],
    ["maxSocket", "maxSockets", (o) => httpsAgent({ knownServers }, o)],
    ["minVersoin", "minVersion", (o) => dispatcher({ knownServers, ...o })],
    ["timeout", "timeoutMs", (o) => joinWithToken(any({ ...o }))],
    ["proccess", "process", (o) => openStore("memory:", o)],
    ["mots", "most", (o) => new SessionCache(o)],
    ["typ", "type", (o) => createIdentity({ name: "anna", now: new Date(), ...o })],
    ["day", "days", (o) => rotateIdentity(".", "nobody", { now, ...o })],
  ] as readonly [string, string, (option: object) => unknown][]) {
    it(`is told, with the one that was meant: ${option}`, async () => {
      const error = await thrownBy(() => make({ [option]: any(1) }));
      assert.match(error.message, new RegExp(` has no option "${option}"$`));
      assert.equal(error.hint, `did you mean ${meant}?`);
    });
  }

  it("is told with all that there are when it is like none of them", async () => {
    const error = await thrownBy(() => new KnownServers(store, any({ now, process, colour: "red" })));
    assert.equal(error.hint, "its options are now, process");
  });

  it("counts as left out when it is undefined, if there is one of the name", () => {
    assert.ok(new Trust(store, any({ now, process, policy: undefined })));
  });
});

describe("an option that cannot be what it is", () => {
  for (const [option, given, hint, make] of [
    ["firstUse", "acept", "did you mean accept? use one of accept, ask, refuse", policy],
    ["bind", "names", "did you mean name? use one of name, key", policy],
    ["validity", "ignored", "did you mean ignore? use one of enforce, ignore", policy],
    ["rotation", "never", "use one of accept, ask, refuse", policy],
    [
      "clientCertificate",
      "require",
      "did you mean required? use one of none, optional, required",
      (o) => guard(createServer(), trust, o),
    ],
    ["verifyServer", "reject", "use one of accept, ask, refuse", (o) => httpsAgent({ knownServers, ...o })],
    [
      "onConflict",
      "replaces",
      "did you mean replace? use one of fail, replace, add",
      (o) => operator.approve("x", o),
    ],
  ] as readonly [string, string, string, (option: object) => unknown][]) {
    it(`is told with what it can be: ${option}: ${given}`, async () => {
      const error = await thrownBy(() => make({ [option]: given }));
      assert.equal(error.message, `${option} cannot be "${given}"`);
      assert.equal(error.hint, hint);
    });
  }

  it("is told when it is missing, too", async () => {
    for (const make of [
      () => new Trust(store, any({ process })),
      () => new KnownServers(store, any({ process })),
      () => new Operator(store, any({ process, user: null })),
    ]) {
      const error = await thrownBy(make);
      assert.match(error.message, /needs the option now$/);
      assert.match(error.hint ?? "", /now: Date\.now/);
    }
    assert.match((await thrownBy(() => new Trust(store, any(undefined)))).message, /options of Trust/);
    assert.match((await thrownBy(() => connect(any({ host: "::1", port: 1 })))).message, /knownServers/);
  });

  it("is told where something else than a store, a server or trust is given", async () => {
    const none: readonly [RegExp, () => unknown][] = [
      [/^the store of Trust must be a trust store/, () => new Trust(any("trust.db"), { now, process })],
      [/^the trust of guard\(\) must be/, () => guard(createServer(), any(store))],
      [/^the store to open must be a text/, () => openStore(any(undefined))],
    ];
    for (const [message, make] of none) assert.match((await thrownBy(make)).message, message);
  });
});

describe("a server without TLS", () => {
  it("cannot be guarded or observed: it would serve everybody", async () => {
    const server = createHttp(() => undefined);
    for (const make of [() => guard(any(server), trust), () => observe(any(server), () => undefined)]) {
      const error = await thrownBy(make);
      assert.match(error.message, /must be a server of node:tls, node:https or createSecureServer\(\)/);
      assert.match(error.hint ?? "", /without TLS serves everybody/);
    }
    assert.equal(server.listenerCount("keylog"), 0);
  });
});

function policy(one: object): unknown {
  return new Trust(store, { now, process, policy: one });
}

async function thrownBy(make: () => unknown): Promise<HandclaspError> {
  try {
    await make();
  } catch (error) {
    assert(error instanceof HandclaspError);
    assert.equal(error.code, "ERR_HANDCLASP_OPTION");
    return error;
  }
  throw new Error("nothing was thrown");
}
