import { ByteReader } from "../../../bytes/byte-reader.ts";
import {
  type ClientHelloExtensions,
  parseClientHelloExtension,
} from "../extensions/client-hello-extensions.ts";
import { parseByteCodes, parseCodePoints } from "../parts/code-point-list.ts";
import { type Extension, parseOptionalExtensions } from "../parts/extension.ts";
import { parseSessionId } from "../parts/session-id.ts";

/** RFC 8446 §4.1.2, RFC 5246 §7.4.1.2. */
export interface ClientHello extends ClientHelloExtensions {
  /** The highest version, unless `supportedVersions` tells. */
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly compressionMethods: readonly number[];
  /** All of them, as sent and in that order. */
  readonly extensions: readonly Extension[];
}

/** RFC 8446 §4.1.2, RFC 5246 §7.4.1.2. */
export function parseClientHello(body: Uint8Array): ClientHello {
  const message = new ByteReader(body, "client_hello");
  const hello: { -readonly [Name in keyof ClientHello]: ClientHello[Name] } = {
    legacyVersion: message.uint16("legacy_version"),
    random: message.bytes(32, "random"),
    sessionId: parseSessionId(message),
    cipherSuites: parseCodePoints(message, 2, "cipher_suites"),
    compressionMethods: parseByteCodes(message, "legacy_compression_methods"),
    extensions: [],
  };
  hello.extensions = parseOptionalExtensions(message, hello.legacyVersion, (type, extension) =>
    parseClientHelloExtension(type, extension, hello),
  );
  message.end();
  return hello;
}
