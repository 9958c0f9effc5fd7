// Prints the worked examples of docs/reference/extensions.md; a test holds the page equal to them.
import { createPrivateKey, createPublicKey, hash, type KeyObject } from "node:crypto";
import { encodeDer } from "../src/x509/der/encode-der.ts";
import { createEndorsement } from "../src/x509/endorsement.ts";
import { signJoinProof } from "../src/x509/join-proof.ts";
import { ENDORSEMENT, JOIN_PROOF, type PrivateExtension } from "../src/x509/parts/private-extensions.ts";

/** RFC 8410 §7: what stands before the 32 bytes of an Ed25519 key. Its signatures are the same each time. */
const PKCS8_ED25519 = "302e020100300506032b657004220420";

function ed25519(byte: string): KeyObject {
  const der = Buffer.from(PKCS8_ED25519 + byte.repeat(32), "hex");
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function extension({ content }: PrivateExtension, value: Uint8Array): Uint8Array {
  return encodeDer(0x30, encodeDer(0x06, content), encodeDer(0x04, value));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Every value of the examples by its name, in hex, in the order of the page. */
export function extensionExamples(): {
  readonly joinProof: Readonly<Record<string, string>>;
  readonly endorsement: Readonly<Record<string, string>>;
} {
  const [oldKey, newKey, serverKey] = [ed25519("01"), ed25519("02"), ed25519("03")];
  const [oldSpki, newSpki] = [spkiOf(oldKey), spkiOf(newKey)];
  const pin = hash("sha256", spkiOf(serverKey), "hex");
  const [tokenId, seed] = [Buffer.alloc(16, 4), Buffer.alloc(32, 5)];
  const serverPin = `sha256:${Buffer.from(pin, "hex").toString("base64")}` as const;
  const joinProof = signJoinProof({ tokenId, seed, serverPin, spki: newSpki });
  const issuedAt = Date.UTC(2026, 0, 1);
  const time = issuedAt.toString(16).padStart(16, "0");
  const endorsement = createEndorsement({ oldKey, newSpki, issuedAt, previous: undefined });
  return {
    joinProof: {
      "token id": hex(tokenId),
      "token seed": hex(seed),
      "server pin": pin,
      "client SPKI": hex(newSpki),
      signed: hex(Buffer.from("handclasp join v1")) + hex(tokenId) + pin + hex(newSpki),
      signature: hex(joinProof).slice(-128),
      extnValue: hex(joinProof),
      extension: hex(extension(JOIN_PROOF, joinProof)),
    },
    endorsement: {
      "old SPKI": hex(oldSpki),
      "new SPKI": hex(newSpki),
      "issued at": time,
      signed: hex(Buffer.from("handclasp endorse v1")) + hex(oldSpki) + hex(newSpki) + time,
      signature: hex(endorsement).slice(-128),
      extnValue: hex(endorsement),
      extension: hex(extension(ENDORSEMENT, endorsement)),
    },
  };
}

/** As the page has it: a name, and its hex in lines of 64 digits under it. */
export function toListing(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, digits]) =>
      [name, ...(digits.match(/.{1,64}/g) ?? []).map((line) => `  ${line}`)].join("\n"),
    )
    .join("\n");
}

if (import.meta.main) {
  const { joinProof, endorsement } = extensionExamples();
  process.stdout.write(`${toListing(joinProof)}\n\n${toListing(endorsement)}\n`);
}
