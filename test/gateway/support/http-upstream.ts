import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net, { type AddressInfo } from "node:net";

/** A real server behind the gateway, on a free port. */
export interface Upstream extends AsyncDisposable {
  readonly port: number;
  readonly server: net.Server;
  /** Connections it has had. */
  readonly connections: readonly net.Socket[];
}

export function openHttpUpstream(
  listener: http.RequestListener,
  prepare?: (server: http.Server) => void,
  port = 0,
): Promise<Upstream> {
  const server = http.createServer(listener);
  prepare?.(server);
  return open(server, port);
}

export function openH2cUpstream(
  listener: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders, raw: string[]) => void,
  settings: http2.Settings = {},
): Promise<Upstream> {
  const server = http2.createServer({ settings });
  server.on("stream", (stream: http2.ServerHttp2Stream, headers, _flags, raw: string[]) => {
    stream.on("error", () => undefined);
    listener(stream, headers, raw);
  });
  return open(server);
}

/** For answers that no HTTP server gives. */
export function openTcpUpstream(listener: (socket: net.Socket) => void): Promise<Upstream> {
  return open(net.createServer(listener));
}

async function open(server: net.Server, port = 0): Promise<Upstream> {
  const connections: net.Socket[] = [];
  server.on("connection", (socket: net.Socket) => {
    socket.on("error", () => undefined);
    connections.push(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    server,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      const over = once(server, "close");
      server.close();
      await over;
    },
  };
}
