import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

/** What an application behind a proxy gets of a request. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** Names and values as they came, one after the other. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
}

/** Answers with what it gets, as JSON; a WebSocket gets its fields first, and then all that it says. It upgrades to anything, and connects. */
export interface Application extends AsyncDisposable {
  readonly port: number;
  readonly seen: readonly SeenRequest[];
}

export async function openApplication(): Promise<Application> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { method = "", url = "", rawHeaders, rawTrailers } = request;
      const [fields, trailers] = [toFields(rawHeaders), toFields(rawTrailers)];
      const one: SeenRequest = { method, url, fields, body, trailers };
      seen.push(one);
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(one));
    });
  });
  // A proxy never asks on a connection that ends just then.
  server.keepAliveTimeout = 0;
  const webSockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const protocol = request.headers.upgrade;
    if (protocol?.toLowerCase() === "websocket") {
      webSockets.handleUpgrade(request, socket, head, (one) => webSockets.emit("connection", one, request));
    } else {
      socket.end(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
    }
  });
  // As servers do to which CONNECT is a method like others: what comes behind it is the next request.
  server.on("connect", (_request, socket, head) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    socket.unshift(head);
    server.emit("connection", socket);
  });
  webSockets.on("connection", (webSocket, request) => {
    webSocket.on("error", () => undefined);
    webSocket.on("message", (message: Buffer) => webSocket.send(message.toString()));
    webSocket.send(JSON.stringify(toFields(request.rawHeaders)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      for (const webSocket of webSockets.clients) webSocket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function toFields(raw: readonly string[]): readonly (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as const] : []));
}
