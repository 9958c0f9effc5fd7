import type { TLSSocket } from "node:tls";
import { firstSign } from "../connection/first-sign.ts";
import { Deadline } from "../../deadline.ts";

/** What a server answered, as far as it says whether we are let in. */
export interface HttpAnswer {
  /** Null when there was no answer of HTTP. */
  readonly status: number | null;
  /** `Handclasp-Reason`: only whoever asks handclasp sends it. */
  readonly reason: string | null;
  /** The server said something, be it HTTP or not. */
  readonly heard: boolean;
}

const MOST_BYTES = 65_536;
const END = "\r\n\r\n";

/**
 * Sends `GET /` and reads the head of what comes. Resolves when it is there, or cannot come any more: the connection ended,
 * or `mostMs` are over. Rejects with what the socket says of itself, as an alert.
 */
export async function askOverHttp(socket: TLSSocket, host: string, mostMs: number): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  let said = Buffer.alloc(0);
  const settle = (): void => resolve(readAnswer(said.toString("latin1")));
  using _late = new Deadline(mostMs, settle);
  socket.on("error", reject);
  socket.on("data", (piece: Buffer) => {
    said = Buffer.concat([said, piece]);
    if (said.length > MOST_BYTES || isWhole(said.toString("latin1"))) settle();
  });
  socket.once("end", settle);
  socket.once("close", settle);
  await Promise.race([promise, firstSign(socket)]);
  const fields = ["User-Agent: handclasp", "Accept: */*", "Connection: close"];
  if (!socket.destroyed) socket.write(["GET / HTTP/1.1", `Host: ${host}`, ...fields].join("\r\n") + END);
  return await promise;
}

/** Whether a head is there that is the last one, or something that is none. */
function isWhole(said: string): boolean {
  const head = lastHead(said);
  return head.includes(END) || !looksLikeHttp(head);
}

function readAnswer(said: string): HttpAnswer {
  const [first = "", ...lines] = (lastHead(said).split(END)[0] ?? "").split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  const reason = lines.map((line) => /^handclasp-reason:[ \t]*([a-z-]{1,40})[ \t]*$/i.exec(line)?.[1]);
  return {
    status: status === undefined ? null : Number(status),
    reason: reason.find((word) => word !== undefined) ?? null,
    heard: said !== "",
  };
}

/** What stands behind answers that only announce one (RFC 9110 §15.2). */
function lastHead(said: string): string {
  let head = said;
  while (/^HTTP\/1\.[01] 1\d\d[ \r]/.test(head) && head.includes(END)) {
    head = head.slice(head.indexOf(END) + END.length);
  }
  return head;
}

function looksLikeHttp(head: string): boolean {
  return head.startsWith("HTTP/1.".slice(0, head.length));
}
