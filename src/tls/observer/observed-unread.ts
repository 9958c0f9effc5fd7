import { CIPHER_SUITES, type CipherSuite } from "../keys/cipher-suite.ts";
import { CIPHER_SUITE_NAMES } from "../code-points/code-points-cipher-suites.ts";
import { describeVersion, tlsVersion } from "../code-points/code-points-version.ts";
import type { ServerHello } from "../messages/hello/server-hello.ts";
import { type SealedOpening, unread } from "./observed-opening.ts";

/** The suite that the server chose; or why its records are not read here, whatever the secrets. */
export function readableSuite<Version extends CipherSuite["version"]>(
  { version, cipherSuite, compressionMethod }: ServerHello,
  readable: Version,
): Extract<CipherSuite, { version: Version }> | SealedOpening {
  if (tlsVersion(version) !== readable) return unread(`not decrypted: ${describeVersion(version)}`);
  const suite = CIPHER_SUITES.get(cipherSuite);
  if (suite === undefined || !isOf(suite, readable)) {
    const name = CIPHER_SUITE_NAMES.name(cipherSuite);
    return unread(
      `not decrypted: ${name ?? `unknown cipher suite 0x${cipherSuite.toString(16).padStart(4, "0")}`}`,
    );
  }
  if (compressionMethod !== 0) return unread(`compressed, not read: ${compressionName(compressionMethod)}`);
  return suite;
}

function isOf<Version extends CipherSuite["version"]>(
  suite: CipherSuite,
  version: Version,
): suite is Extract<CipherSuite, { version: Version }> {
  return suite.version === version;
}

/** RFC 3749 §2, RFC 3943 §3. */
const DEFLATE = 1;
const LZS = 64;

function compressionName(method: number): string {
  if (method === DEFLATE) return "DEFLATE";
  return method === LZS ? "LZS" : `compression method ${method}`;
}
