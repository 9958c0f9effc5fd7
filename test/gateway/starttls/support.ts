import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { awaitTls } from "../../../src/gateway/starttls/await-tls.ts";
import {
  STARTTLS_SERVERS,
  type StartTlsServerProtocol,
} from "../../../src/gateway/starttls/starttls-servers.ts";

/** What became of a client that said something in the clear. */
export interface Conversation {
  /** All that it heard. */
  readonly heard: string;
  /** Whether TLS was begun, and what was left to it of what the client said. */
  readonly tls: { readonly left: string } | undefined;
  /** Why the connection was ended, where it was told. */
  readonly problem: string | undefined;
  readonly isClosed: boolean;
}

/** Says these pieces one after the other, all that came of one being done before the next, until TLS or the end. */
export async function converse(
  protocol: StartTlsServerProtocol,
  ...pieces: readonly (string | Uint8Array)[]
): Promise<Conversation> {
  let heard = "";
  let tls: Conversation["tls"];
  let problem: string | undefined;
  // A write is done at once, as over TCP when there is room.
  const transport = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      heard += chunk.toString("latin1");
      done();
    },
  });
  // It is read and written as a socket is, and no other way.
  awaitTls(transport as Socket, STARTTLS_SERVERS[protocol].createPreface(), {
    onTls: () => {
      tls = { left: (transport.read() as Buffer | null)?.toString("latin1") ?? "" };
    },
    onRefused: (error) => (problem = error.message),
  });
  for (const piece of pieces) {
    if (tls !== undefined || transport.writableEnded || transport.destroyed) break;
    transport.push(piece, "latin1");
    await settled();
  }
  await settled();
  return { heard, tls, problem, isClosed: transport.writableEnded || transport.destroyed };
}

/** Streams take some turns for what they were given. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
}

export const START_TLS_REQUEST: Readonly<Record<StartTlsServerProtocol, string>> = {
  postgres: "\0\0\0\x08\x04\xd2\x16\x2f",
  smtp: "STARTTLS\r\n",
  imap: "a1 STARTTLS\r\n",
  pop3: "STLS\r\n",
  ldap: "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037",
};
