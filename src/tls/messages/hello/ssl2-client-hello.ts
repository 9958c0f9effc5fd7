import { ByteReader } from "../../../bytes/byte-reader.ts";
import type { ClientHello } from "./client-hello.ts";

const RANDOM_LENGTH = 32;
const SPEC_LENGTH = 3;

/**
 * The hello of a client that speaks SSL 3.0 or TLS, in the form of SSL 2.0; without the two bytes of its record's
 * header. Of its cipher specs those are kept that TLS has too; the challenge is the random. RFC 5246 §E.2.
 */
export function parseSsl2ClientHello(body: Uint8Array): ClientHello {
  const message = new ByteReader(body, "ssl2_client_hello");
  message.uint8("msg_type");
  const legacyVersion = message.uint16("version");
  const specsLength = message.uint16("cipher_spec_length");
  const sessionIdLength = message.uint16("session_id_length");
  const challengeLength = message.uint16("challenge_length");
  const specs = message.sub(specsLength, "cipher_specs");
  const sessionId = message.bytes(sessionIdLength, "session_id");
  if (challengeLength > RANDOM_LENGTH)
    throw message.malformed(`has ${challengeLength} bytes, more than ${RANDOM_LENGTH}`, "challenge");
  const random = new Uint8Array(RANDOM_LENGTH);
  random.set(message.bytes(challengeLength, "challenge"), RANDOM_LENGTH - challengeLength);
  message.end();
  const cipherSuites: number[] = [];
  while (specs.remaining >= SPEC_LENGTH) {
    const spec = specs.uint24("cipher_spec");
    if (spec <= 0xffff) cipherSuites.push(spec);
  }
  specs.end();
  return { legacyVersion, random, sessionId, cipherSuites, compressionMethods: [0], extensions: [] };
}
