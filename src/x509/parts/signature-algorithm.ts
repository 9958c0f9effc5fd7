import { fromHex } from "../der/from-hex.ts";
import type { KeyType } from "./public-key-info.ts";

/** RFC 5758 §3.2, RFC 4055 §3.1 and §5, RFC 8410 §3, RFC 9881 §2. */
const ALGORITHMS: Readonly<Record<KeyType, Uint8Array>> = {
  p256: fromHex("300a06082a8648ce3d040302"),
  p384: fromHex("300a06082a8648ce3d040303"),
  p521: fromHex("300a06082a8648ce3d040304"),
  rsa: fromHex("300d06092a864886f70d01010b0500"),
  // SHA-256, MGF1 with SHA-256, a salt of 32 bytes.
  "rsa-pss": fromHex(
    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
  ),
  ed25519: fromHex("300506032b6570"),
  ed448: fromHex("300506032b6571"),
  "ml-dsa-44": fromHex("300b0609608648016503040311"),
  "ml-dsa-65": fromHex("300b0609608648016503040312"),
  "ml-dsa-87": fromHex("300b0609608648016503040313"),
};

/** The DER AlgorithmIdentifier of what a key of this type signs, in certificates and in endorsements: the type alone decides. */
export function signatureAlgorithmOf(type: KeyType): Uint8Array {
  return ALGORITHMS[type];
}
