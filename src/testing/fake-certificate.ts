import { hash } from "node:crypto";
import { encodeDer, integerContent } from "../x509/encode-der.ts";
import { encodeTime, validityOf } from "../x509/time.ts";

const SEQUENCE = 0x30;
const SET = 0x31;
const OID = 0x06;
const UTF8_STRING = 0x0c;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const VERSION = 0xa0;

/** AlgorithmIdentifier of Ed25519. RFC 8410 §3. */
const ED25519 = Buffer.from("300506032b6570", "hex");
/** 2.5.4.3, id-at-commonName. */
const COMMON_NAME = Buffer.from("550403", "hex");

/**
 * A certificate (RFC 5280 §4.1) that claims `name`, the same in every run. Its public key is made from the name: nobody
 * has the private one, and its signature is none, so that no server lets anybody in with it.
 */
export function fakeCertificate(name: string): Uint8Array {
  const key = Buffer.from(hash("sha256", `handclasp/testing ${name}`, "hex"), "hex");
  const called = encodeDer(
    SEQUENCE,
    encodeDer(
      SET,
      encodeDer(SEQUENCE, encodeDer(OID, COMMON_NAME), encodeDer(UTF8_STRING, Buffer.from(name))),
    ),
  );
  const { notBefore, notAfter } = validityOf(new Date(Date.UTC(2026, 0, 1)));
  const tbs = encodeDer(
    SEQUENCE,
    encodeDer(VERSION, encodeDer(INTEGER, integerContent(2))),
    encodeDer(INTEGER, integerContent(1)),
    ED25519,
    called,
    encodeDer(SEQUENCE, encodeTime(notBefore), encodeTime(notAfter)),
    called,
    encodeDer(SEQUENCE, ED25519, bitString(key)),
  );
  return encodeDer(SEQUENCE, tbs, ED25519, bitString(new Uint8Array(64)));
}

function bitString(bytes: Uint8Array): Uint8Array {
  return encodeDer(BIT_STRING, Uint8Array.of(0), bytes);
}
