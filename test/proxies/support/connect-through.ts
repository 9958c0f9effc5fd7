import { once } from "node:events";
import http2 from "node:http2";
import { connect } from "node:tls";
import type { Shown } from "../../support/successor.ts";

const AUTHORITY = "app.example:80";
const ANSWER_MS = 3000;

/** Asks for a tunnel by HTTP/1.1, says something in it once it is there, and returns all that was answered. */
export async function connectByHttp1(port: number, { key, cert }: Shown, said: string): Promise<string> {
  const own = { key, cert, servername: "app.example", rejectUnauthorized: false };
  const socket = connect({ host: "127.0.0.1", port, ALPNProtocols: ["http/1.1"], ...own });
  let heard = "";
  socket.setEncoding("latin1");
  socket.on("error", () => undefined);
  socket.on("data", (text: string) => {
    if (heard === "") socket.end(said);
    heard += text;
  });
  socket.setTimeout(ANSWER_MS, () => socket.destroy());
  socket.write(`CONNECT ${AUTHORITY} HTTP/1.1\r\nHost: ${AUTHORITY}\r\n\r\n`);
  await once(socket, "close");
  return heard;
}

/** The same by HTTP/2, where it is said at once. Returns the status, if there was one. */
export async function connectByHttp2(
  port: number,
  { key, cert }: Shown,
  said: string,
): Promise<number | undefined> {
  const own = { key, cert, servername: "app.example", rejectUnauthorized: false };
  const session = http2.connect(`https://127.0.0.1:${port}`, own);
  session.on("error", () => undefined);
  const stream = session.request(
    { ":method": "CONNECT", ":authority": AUTHORITY },
    // Node would end it at once.
    { endStream: false },
  );
  let status: number | undefined;
  stream.on("response", (head) => (status = head[":status"]));
  stream.on("error", () => undefined);
  stream.resume();
  stream.setTimeout(ANSWER_MS, () => stream.close());
  stream.end(said);
  await once(stream, "close").catch(() => undefined);
  session.destroy();
  return status;
}
