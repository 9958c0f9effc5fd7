import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Hellos, noHellos } from "../../../src/tls/observer/observed-hellos.ts";
import { ObservedKeys } from "../../../src/tls/observer/observed-keys.ts";
import type { Opening } from "../../../src/tls/observer/observed-opening.ts";
import { ObservedSecrets } from "../../../src/tls/observer/observed-secrets.ts";
import type { TlsRecord } from "../../../src/tls/records/record-reader.ts";
import { clientHello, message, serverHello } from "../messages/support/encode.ts";
import { readClientHello, readServerHello } from "./support/hellos.ts";
import { plainRecord, SealedRecords } from "./support/sealed-records.ts";
import { sealedTls12 } from "./support/sealed-tls12.ts";

const [CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA] = [20, 21, 22, 23];
const MASTER = new Uint8Array(48).fill(7);
const DATA = plainRecord(APPLICATION_DATA, ...new Uint8Array(40));
const DONE = plainRecord(HANDSHAKE, 14, 0, 0, 0);

/** Both hellos, of one version. */
function agreed(version: 0x0303 | 0x0304): Hellos {
  return { client: readClientHello(), clientHellos: 1, server: readServerHello(version) };
}

function open(keys: ObservedKeys, record: TlsRecord, hellos: Hellos): Opening {
  return keys.open(record, hellos, false, false);
}

describe("the keys of one sender", () => {
  it("are none before its first hello, which comes in the clear", () => {
    const hello = plainRecord(HANDSHAKE, ...message(2, serverHello([])));
    assert.equal(open(new ObservedKeys("server", new ObservedSecrets()), hello, noHellos()).state, "open");
  });

  it("are TLS 1.2's or 1.3's once the server has said which, and only of TLS 1.2 may hellos come again", () => {
    const sent = new SealedRecords();
    const secrets = new ObservedSecrets();
    const later = agreed(0x0304);
    secrets.own(later.client?.random ?? new Uint8Array());
    secrets.add("SERVER_HANDSHAKE_TRAFFIC_SECRET", later.client?.random ?? new Uint8Array(), sent.secret);
    const keys13 = new ObservedKeys("server", secrets);
    assert.equal(open(keys13, sent.record(0), later).state, "open");
    assert.equal(keys13.takesHellos, false);
    assert.equal(keys13.changeCipherSpec(later), false);
    const keys12 = new ObservedKeys("server", secrets);
    assert.equal(open(keys12, DONE, agreed(0x0303)).state, "open");
    assert.equal(keys12.takesHellos, true);
  });

  it("are waited for by what a client says before it was answered, until nobody waits any more", () => {
    const keys = new ObservedKeys("client", new ObservedSecrets());
    const hellos = { client: readClientHello(), clientHellos: 1 };
    assert.deepEqual(open(keys, DONE, hellos), { state: "waiting", missing: "a ServerHello" });
    assert.equal(keys.open(DONE, hellos, true, false).state, "open", "the rest of a message");
    assert.equal(open(keys, plainRecord(ALERT, 2, 46), hellos).state, "open");
    keys.goAlone();
    assert.equal(open(keys, DONE, hellos).state, "open");
  });

  it("were agreed on before anything was seen, when application data comes first", () => {
    const keys = new ObservedKeys("server", new ObservedSecrets());
    assert.deepEqual(open(keys, DATA, noHellos()), { state: "sealed" });
    const next = open(keys, DONE, noHellos());
    assert.ok(next.state === "sealed");
    assert.match(next.problem ?? "", /without a ServerHello, which is missing/);
  });

  it("are told to be missing once", () => {
    const keys = new ObservedKeys("server", new ObservedSecrets());
    open(keys, DATA, noHellos());
    open(keys, DONE, noHellos());
    assert.deepEqual(open(keys, DONE, noHellos()), { state: "sealed" });
  });

  it("begin anew with a hello that follows what was sealed", () => {
    const keys = new ObservedKeys("client", new ObservedSecrets());
    open(keys, DATA, noHellos());
    const hello = plainRecord(HANDSHAKE, ...message(1, clientHello()));
    assert.equal(open(keys, hello, noHellos()).state, "open");
  });

  it("are in use behind a ChangeCipherSpec that came before they were known", () => {
    const hellos = agreed(0x0303);
    const secrets = new ObservedSecrets();
    secrets.own(hellos.client?.random ?? new Uint8Array());
    secrets.add("CLIENT_RANDOM", hellos.client?.random ?? new Uint8Array(), MASTER);
    const keys = new ObservedKeys("server", secrets);
    assert.equal(keys.changeCipherSpec(noHellos()), true);
    assert.equal(open(keys, sealedTls12(hellos, MASTER, 0), hellos).state, "open");
  });

  it("are lost with the first record that they should open and do not, but for what TLS 1.3 says in the clear", () => {
    const hellos = agreed(0x0304);
    const secrets = new ObservedSecrets();
    secrets.own(hellos.client?.random ?? new Uint8Array());
    const sent = new SealedRecords();
    secrets.add("SERVER_HANDSHAKE_TRAFFIC_SECRET", hellos.client?.random ?? new Uint8Array(), sent.secret);
    const keys = new ObservedKeys("server", secrets);
    assert.equal(open(keys, DATA, hellos).state, "sealed");
    assert.deepEqual(open(keys, sent.record(0), hellos), { state: "sealed" });
    assert.equal(open(keys, plainRecord(CHANGE_CIPHER_SPEC, 1), hellos).state, "open");
    assert.equal(open(keys, plainRecord(ALERT, 2, 46), hellos).state, "open");
  });

  it("have nothing in the clear behind missing bytes that does not read as messages", () => {
    const keys = new ObservedKeys("server", new ObservedSecrets());
    assert.deepEqual(keys.open(DONE, noHellos(), false, true), { state: "sealed" });
  });
});
