// How long it takes to parse a ClientHello of 1.5 kB, all extensions of it, and to make its JA4.
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { connect } from "node:tls";
import { ja4 } from "../src/tls/formats/ja4.ts";
import { parseClientHello } from "../src/tls/messages/hello/client-hello.ts";
import { median } from "./server-process.ts";

/** The record's header and the message's. RFC 8446 §5.1, §4. */
const HEADERS = 5 + 4;

const [ofClient, ofServer] = duplexPair();
const client = connect({ socket: ofClient, servername: "localhost", ALPNProtocols: ["h2", "http/1.1"] });
client.on("error", () => undefined);
const [chunk] = (await once(ofServer, "data")) as [Buffer];
client.destroy();
const body = chunk.subarray(HEADERS);

/** Median microseconds of one call. */
function micros(call: () => unknown): number {
  const rounds = Array.from({ length: 101 }, () => {
    const started = performance.now();
    for (let count = 0; count < 2000; count++) call();
    return (performance.now() - started) / 2;
  });
  return Number(median(rounds).toFixed(2));
}

const parsed = parseClientHello(body);
console.log(
  JSON.stringify({
    bytes: chunk.length,
    parseMicros: micros(() => parseClientHello(body)),
    ja4Micros: micros(() => ja4(parsed)),
  }),
);
