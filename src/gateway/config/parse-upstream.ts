import { parseServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError } from "../../errors.ts";
import type { HttpProtocol, ListenerConfig, Upstream } from "./config.ts";

const HINTS: Readonly<Record<string, string>> = {
  http: "write http://127.0.0.1:3000, h2c://127.0.0.1:3000 or http://unix:/run/app.sock, without a path",
  tcp: "write 127.0.0.1:5432 or unix:/run/app.sock",
};

/**
 * Where a listener's connections go: `HOST:PORT` or `unix:PATH` in mode `tcp`, the same behind `http://` or `h2c://` in
 * mode `http`. Throws ERR_HANDCLASP_OPTION.
 */
export function parseUpstream(text: string, mode: ListenerConfig["mode"]): Upstream {
  const upstream = mode === "http" ? parseHttp(text) : parseTcp(text);
  if (upstream !== undefined) return upstream;
  const problem = `${JSON.stringify(text)} is nothing that mode ${mode} can take clients to`;
  const hint = HINTS[mode];
  throw new HandclaspError("ERR_HANDCLASP_OPTION", problem, hint === undefined ? {} : { hint });
}

function parseTcp(text: string): Upstream | undefined {
  const path = socketIn(text);
  if (path !== undefined) return { kind: "unix", path };
  return text.includes("://") ? undefined : { kind: "tcp", address: parseServerAddress(text) };
}

function parseHttp(text: string): Upstream | undefined {
  const [, protocol, place = ""] = /^(http|h2c):\/\/(.*)$/s.exec(text) ?? [];
  if (!isHttp(protocol)) return undefined;
  const path = socketIn(place);
  // nginx has a path of requests behind the socket's and a colon.
  if (path !== undefined) return /:(?:\/|$)/.test(path) ? undefined : { kind: "unix", path, protocol };
  const host = place.replace(/\/$/, "");
  if (host.includes("/")) return undefined;
  const address = parseServerAddress(/:\d+$/.test(host) ? host : `${host}:80`);
  return { kind: "tcp", address, protocol };
}

function socketIn(place: string): string | undefined {
  return place.startsWith("unix:") && place.length > "unix:".length ? place.slice("unix:".length) : undefined;
}

function isHttp(protocol: string | undefined): protocol is HttpProtocol {
  return protocol === "http" || protocol === "h2c";
}
