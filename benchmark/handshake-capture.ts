// A capture of full TLS 1.3 handshakes between Node's client and server, each with the client's certificate, a question
// and an answer, and the key log of all of them. Made anew for every run.
import { once } from "node:events";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { connect, createServer, type Server } from "node:tls";
import type { Sender } from "../src/tls/records/sender.ts";
import { PcapngRecorder, type RecordedConnection } from "../src/capture/recording/pcapng-recorder.ts";
import { createIdentity, type CreatedIdentity } from "../src/x509/create-identity.ts";

export interface HandshakeCapture {
  /** A pcapng without secrets. */
  readonly file: string;
  /** SSLKEYLOGFILE. */
  readonly keyLog: string;
  readonly handshakes: number;
}

/** At the same time, so that their packets mix. */
const CLIENTS = 4;

/** What a packet of Ethernet carries of TCP, with time stamps. */
const SEGMENT_BYTES = 1448;

/** Writes both files into the folder. The server's answer has so many bytes; unless told, few. */
export async function makeHandshakeCapture(
  folder: string,
  handshakes: number,
  answerBytes: number = "an answer".length,
): Promise<HandshakeCapture> {
  const file = join(folder, `${handshakes}.pcapng`);
  const keyLog = join(folder, `${handshakes}.keylog`);
  const output = openSync(file, "w");
  const recorder = new PcapngRecorder((bytes) => void writeSync(output, bytes));
  const lines: string[] = [];
  const server = await serve(lines, Buffer.alloc(answerBytes, 0x61));
  const client = await createIdentity({ name: "client", now: new Date() });
  let begun = 0;
  const clients = Array.from({ length: Math.min(CLIENTS, handshakes) }, async () => {
    while (begun < handshakes) {
      const source = { address: "192.0.2.1", port: 20_000 + (begun++ % 40_000) };
      const recorded = recorder.open(source, { address: "192.0.2.2", port: 443 }, Date.now());
      await converse(server, client, recorded);
      recorded.flush();
    }
  });
  await Promise.all(clients);
  closeSync(output);
  writeFileSync(keyLog, lines.join(""));
  return { file, keyLog, handshakes };
}

async function serve(keyLog: string[], answer: Buffer): Promise<Server> {
  const { privateKeyPem: key, certificatePem: cert } = await createIdentity({
    name: "localhost",
    now: new Date(),
  });
  const server = createServer({
    key,
    cert,
    minVersion: "TLSv1.3",
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on("keylog", (line: Buffer) => keyLog.push(line.toString("latin1")));
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(answer));
  });
  return server;
}

async function converse(
  server: Server,
  client: CreatedIdentity,
  recorded: RecordedConnection,
): Promise<void> {
  const [ofClient, clientEnd] = duplexPair();
  const [ofServer, serverEnd] = duplexPair();
  pass(clientEnd, serverEnd, "client", recorded);
  pass(serverEnd, clientEnd, "server", recorded);
  server.emit("connection", ofServer);
  const socket = connect({
    socket: ofClient,
    servername: "localhost",
    rejectUnauthorized: false,
    key: client.privateKeyPem,
    cert: client.certificatePem,
  });
  socket.end("a question");
  socket.resume();
  await once(socket, "close");
}

function pass(from: Duplex, to: Duplex, sender: Sender, recorded: RecordedConnection): void {
  from.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += SEGMENT_BYTES)
      recorded.data(sender, Date.now(), chunk.subarray(at, at + SEGMENT_BYTES));
    to.write(chunk);
  });
  from.on("end", () => {
    recorded.finish(sender, Date.now());
    to.end();
  });
}
