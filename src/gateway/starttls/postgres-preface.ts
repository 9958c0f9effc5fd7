import type { Preface, PrefaceStep } from "./preface.ts";

/** What begins with it is a record of TLS with a handshake message, and would be a message of 368 MB. */
const TLS_HANDSHAKE = 0x16;
const LENGTH_AND_CODE = 8;
/** As PostgreSQL has it. */
const LONGEST_STARTUP = 10_000;

const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;

/** PostgreSQL's protocol 3 up to TLS: SSLRequest, or TLS at once as of PostgreSQL 17. */
export function createPostgresPreface(): Preface {
  let isFirst = true;
  let saidNoToGss = false;
  return {
    read(bytes): PrefaceStep | undefined {
      if (isFirst && bytes[0] === TLS_HANDSHAKE) return { next: "leave-to-tls" };
      if (bytes.length < LENGTH_AND_CODE) return undefined;
      isFirst = false;
      const length = bytes.readUInt32BE(0);
      const code = bytes.readUInt32BE(4);
      if (length < LENGTH_AND_CODE || length > LONGEST_STARTUP) return NO_POSTGRES;
      if (code === CANCEL_REQUEST)
        return { next: "end", problem: "the client sent a CancelRequest in the clear" };
      if (code >>> 16 === 3) return PLAIN_STARTUP;
      if (length !== LENGTH_AND_CODE) return NO_POSTGRES;
      if (code === SSL_REQUEST) return { next: "begin-tls", length, answer: "S" };
      if (code !== GSSENC_REQUEST || saidNoToGss) return NO_POSTGRES;
      saidNoToGss = true;
      return { next: "read-on", length, answer: "N" };
    },
  };
}

const NO_POSTGRES: PrefaceStep = { next: "end", problem: "the client does not speak PostgreSQL's protocol" };

/** What psql shows to people whose connection string says nothing of TLS. */
const PLAIN_STARTUP: PrefaceStep = {
  next: "end",
  problem: "the client logs in without TLS",
  answer: errorResponse({
    S: "FATAL",
    V: "FATAL",
    // invalid_authorization_specification, as for a pg_hba.conf without an entry.
    C: "28000",
    M: "this server is for connections with TLS and a client certificate",
    H: "Connect with sslmode=require sslcert=FILE sslkey=FILE.",
  }),
};

function errorResponse(fields: Readonly<Record<string, string>>): Uint8Array {
  const text = Object.entries(fields).map(([type, value]) => `${type}${value}\0`);
  const body = Buffer.from(`${text.join("")}\0`);
  const head = Buffer.from("E\0\0\0\0");
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
