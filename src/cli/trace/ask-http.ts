import type { TLSSocket } from "node:tls";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError } from "../../errors.ts";
import { readHttpAnswer } from "../../explain/seen/http-answer.ts";
import { judgeResponse } from "../../explain/judge-response.ts";
import { explanationsText } from "../terminal/explanations-text.ts";
import { flat } from "../terminal/prose.ts";
import { StoryTeller } from "./story/story.ts";

/** The protocol in which a server may say what it thinks of a certificate, as nginx does. */
export const HTTP = "http/1.1";

/** Asks for `/`, which changes nothing and needs no login to be refused for a certificate. */
export function askHttp(socket: TLSSocket, address: ServerAddress): void {
  const host = formatServerAddress(address);
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: handclasp\r\nConnection: close\r\n\r\n`);
}

/** What we have to show, as DER; to be asked while the socket is open. */
export function shownBy(socket: TLSSocket): Uint8Array | undefined {
  const own = socket.getCertificate();
  return own !== null && "raw" in own ? new Uint8Array(own.raw) : undefined;
}

/** What an answer in HTTP says of our certificate, as an error; undefined when it says nothing of it. */
export function refusalIn(
  answer: Uint8Array,
  shown: Uint8Array | undefined,
  isFromFile: boolean,
): HandclaspError | undefined {
  const story = new StoryTeller("client");
  story.isLive = true;
  story.time = Date.now();
  if (!isFromFile) story.isHandclasp("client");
  story.told("server", answer);
  if (shown !== undefined) story.chains.client = [shown];
  const explanation = judgeResponse(story);
  if (explanation.length === 0) return undefined;
  const status = readHttpAnswer(answer)?.status ?? 0;
  return new HandclaspError("ERR_HANDCLASP_REFUSED", `refused by the server: it answered ${status} in HTTP`, {
    hint: flat(explanationsText(explanation)),
    details: { status, explanation },
  });
}
