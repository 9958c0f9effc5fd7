import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nextTrafficSecret } from "../../../src/tls/keys/traffic-keys.ts";
import type { ClientHello } from "../../../src/tls/messages/hello/client-hello.ts";
import type { Hellos } from "../../../src/tls/observer/observed-hellos.ts";
import { ObservedKeys13 } from "../../../src/tls/observer/observed-keys-tls13.ts";
import { ObservedSecrets } from "../../../src/tls/observer/observed-secrets.ts";
import type { SecretLabel } from "../../../src/tls/keys/key-log-secrets.ts";
import { readClientHello, readServerHello } from "./support/hellos.ts";
import { plainRecord, SealedRecords } from "./support/sealed-records.ts";

const FINISHED = 20;
const KEY_UPDATE = 24;
const END_OF_EARLY_DATA = 5;

const early = new SealedRecords();
const handshake = new SealedRecords();
const application = new SealedRecords();

const SECRETS: readonly (readonly [SecretLabel, SealedRecords])[] = [
  ["CLIENT_EARLY_TRAFFIC_SECRET", early],
  ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", handshake],
  ["CLIENT_TRAFFIC_SECRET_0", application],
];

/** A client's keys, of whom these secrets are known. */
function keysOf(
  known: readonly SealedRecords[],
  {
    hello = {},
    hellos: over = {},
  }: { readonly hello?: Partial<ClientHello>; readonly hellos?: Partial<Hellos> } = {},
): ObservedKeys13 {
  const client = readClientHello(hello);
  const server = readServerHello(0x0304);
  const secrets = new ObservedSecrets();
  secrets.own(client.random);
  for (const [label, { secret }] of SECRETS.filter(([, sent]) => known.includes(sent)))
    secrets.add(label, client.random, secret);
  return new ObservedKeys13("client", { client, clientHellos: 1, server, ...over }, server, secrets);
}

describe("a client's keys in TLS 1.3", () => {
  it("are those of the handshake up to Finished, then those of the application", () => {
    const keys = keysOf([handshake, application]);
    assert.equal(keys.open(handshake.record(0)).state, "open");
    assert.equal(keys.after(FINISHED), true);
    assert.equal(keys.open(application.record(0)).state, "open");
    assert.equal(keys.after(FINISHED), false);
    assert.equal(keys.open(handshake.record(1)).state, "sealed");
  });

  it("are new ones after each KeyUpdate", () => {
    const keys = keysOf([handshake, application]);
    keys.open(handshake.record(0));
    assert.equal(keys.after(KEY_UPDATE), false);
    keys.after(FINISHED);
    keys.open(application.record(0));
    assert.equal(keys.after(KEY_UPDATE), true);
    const updated = new SealedRecords(nextTrafficSecret(application.secret, "sha256"));
    assert.equal(keys.open(updated.record(0)).state, "open");
  });

  it("are waited for by the name of their secret, and by the hello that it goes by", () => {
    assert.deepEqual(keysOf([]).open(handshake.record(0)), {
      state: "waiting",
      missing: "the secret CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    });
    const server = readServerHello(0x0304);
    const unseen = new ObservedKeys13("client", { clientHellos: 0, server }, server, new ObservedSecrets());
    assert.deepEqual(unseen.open(handshake.record(0)), { state: "waiting", missing: "a ClientHello" });
  });

  it("have nothing to do with alerts and change_cipher_spec in the clear, and nothing else may come so", () => {
    const keys = keysOf([handshake]);
    assert.equal(keys.open(plainRecord(21, 2, 46)).state, "open");
    assert.equal(keys.open(plainRecord(20, 1)).state, "open");
    const opening = keys.open(plainRecord(22, 1, 0, 0, 0));
    assert.ok(opening.state === "sealed");
    assert.match(opening.problem ?? "", /type 22 in the clear/);
  });

  it("are those of early data first, where the client says that it sends some", () => {
    const keys = keysOf([early, handshake], { hello: { earlyData: true } });
    assert.equal(keys.open(early.record(0)).state, "open");
    assert.equal(keys.after(END_OF_EARLY_DATA), true);
    assert.equal(keys.open(handshake.record(0)).state, "open");
  });

  it("skip early data that nobody has the key of, and say so when the server took it", () => {
    const hello = { earlyData: true } as const;
    const skipped = keysOf([handshake], { hello });
    assert.deepEqual(skipped.open(early.record(0)), { state: "sealed" });
    assert.deepEqual(skipped.open(early.record(1)), { state: "sealed" });
    const next = skipped.open(handshake.record(0));
    assert.ok(next.state === "open" && next.problem === undefined);
    const encryptedExtensions = { extensions: [], earlyData: true } as const;
    const taken = keysOf([handshake], { hello, hellos: { encryptedExtensions } });
    taken.open(early.record(0));
    const told = taken.open(handshake.record(0));
    assert.ok(told.state === "open");
    assert.match(told.problem ?? "", /no CLIENT_EARLY_TRAFFIC_SECRET that fits/);
  });

  it("go on behind missing records, in the next epoch if its beginning is among them", () => {
    const keys = keysOf([handshake, application]);
    keys.gap(500);
    assert.equal(keys.open(handshake.record(3)).state, "open");
    keys.gap(500);
    assert.equal(keys.open(application.record(2)).state, "open");
    assert.equal(keys.open(application.record(3)).state, "open");
  });

  it("open no record of which bytes are missing, and count it", () => {
    const keys = keysOf([handshake]);
    const holed = { ...handshake.record(0), hole: { from: 1, to: 2 } };
    assert.deepEqual(keys.open(holed), { state: "sealed" });
    assert.equal(keys.open(handshake.record(1)).state, "open");
  });
});
