import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ServerHello } from "../../../src/tls/messages/hello/server-hello.ts";
import type { Hellos } from "../../../src/tls/observer/observed-hellos.ts";
import { ObservedKeys12 } from "../../../src/tls/observer/observed-keys-tls12.ts";
import { ObservedSecrets } from "../../../src/tls/observer/observed-secrets.ts";
import type { TlsRecord } from "../../../src/tls/records/record-reader.ts";
import { readClientHello, readServerHello } from "./support/hellos.ts";
import { plainRecord } from "./support/sealed-records.ts";
import { sealedTls12 } from "./support/sealed-tls12.ts";

const [CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA] = [20, 21, 22, 23];
const MASTER = new Uint8Array(48).fill(7);

function hellosOf(server: Partial<ServerHello> = {}): Hellos {
  return { client: readClientHello(), clientHellos: 1, server: readServerHello(0x0303, server) };
}

/** The server's keys; the master secret is known unless told. */
function keysOf({ client }: Hellos, isKnown = true): ObservedKeys12 {
  const secrets = new ObservedSecrets();
  if (client !== undefined) secrets.own(client.random);
  if (client !== undefined && isKnown) secrets.add("CLIENT_RANDOM", client.random, MASTER);
  return new ObservedKeys12("server", secrets);
}

const sealed = (hellos: Hellos, sequence: number, type = HANDSHAKE): TlsRecord =>
  sealedTls12(hellos, MASTER, sequence, type);

describe("a server's keys in TLS 1.2", () => {
  it("are none up to its ChangeCipherSpec", () => {
    const hellos = hellosOf();
    const keys = keysOf(hellos);
    assert.equal(keys.open(plainRecord(HANDSHAKE, 14, 0, 0, 0), hellos, false).state, "open");
    assert.deepEqual(keys.open(sealed(hellos, 0, APPLICATION_DATA), hellos, false), { state: "sealed" });
    keys.changeCipherSpec(hellos);
    for (const sequence of [0, 1]) {
      const opening = keys.open(sealed(hellos, sequence), hellos, false);
      assert.ok(opening.state === "open");
      assert.deepEqual([...opening.content], [sequence]);
    }
  });

  it("are numbered from 0 again after each ChangeCipherSpec", () => {
    const hellos = hellosOf();
    const keys = keysOf(hellos);
    keys.changeCipherSpec(hellos);
    keys.open(sealed(hellos, 0), hellos, false);
    const next = hellosOf({ random: new Uint8Array(32).fill(9) });
    keys.changeCipherSpec(next);
    assert.equal(keys.open(sealed(next, 0), next, false).state, "open");
  });

  it("are waited for, by what is missing", () => {
    const hellos = hellosOf();
    const { client, server } = hellos;
    assert.ok(client !== undefined && server !== undefined);
    for (const [known, missing] of [
      [{ client, clientHellos: 1 }, "a ServerHello"],
      [{ server, clientHellos: 0 }, "a ClientHello"],
      [hellos, "the secret CLIENT_RANDOM"],
    ] as const) {
      const keys = keysOf(known, false);
      keys.changeCipherSpec(known);
      assert.deepEqual(keys.open(sealed(hellos, 0), known, false), { state: "waiting", missing });
    }
  });

  it("are of no use for a suite that is not read here, whatever the secrets", () => {
    const hellos = hellosOf({ compressionMethod: 1 });
    const keys = keysOf(hellos);
    keys.changeCipherSpec(hellos);
    assert.deepEqual(keys.open(sealed(hellos, 0), hellos, false), {
      state: "sealed",
      kind: "unread",
      problem: "compressed, not read: DEFLATE",
    });
  });

  it("are in use behind missing bytes that may have held the ChangeCipherSpec, if they open what comes", () => {
    const hellos = hellosOf();
    const keys = keysOf(hellos);
    keys.gap(100);
    assert.equal(keys.open(sealed(hellos, 2), hellos, true).state, "open");
    assert.equal(keys.open(sealed(hellos, 3), hellos, false).state, "open");
  });

  it("take what they do not open behind missing bytes for half a message, and alerts for what they are", () => {
    const hellos = hellosOf();
    const keys = keysOf(hellos);
    keys.gap(100);
    assert.deepEqual(keys.open(plainRecord(HANDSHAKE, ...new Uint8Array(60)), hellos, true), {
      state: "sealed",
    });
    assert.equal(keys.open(plainRecord(ALERT, 2, 46), hellos, true).state, "open");
    assert.equal(keys.open(plainRecord(CHANGE_CIPHER_SPEC, 1), hellos, true).state, "open");
    assert.equal(keys.open(plainRecord(HANDSHAKE, 14, 0, 0, 0), hellos, false).state, "open");
  });

  it("count a record of which bytes are missing", () => {
    const hellos = hellosOf();
    const keys = keysOf(hellos);
    keys.changeCipherSpec(hellos);
    const holed = { ...sealed(hellos, 0), hole: { from: 1, to: 2 } };
    assert.deepEqual(keys.open(holed, hellos, false), { state: "sealed" });
    assert.equal(keys.open(sealed(hellos, 1), hellos, false).state, "open");
  });
});
