import { parseServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError } from "../../errors.ts";
import type { ListenerConfig, Upstream } from "./config.ts";

/**
 * Where a listener's connections go: `HOST:PORT` or `unix:PATH` in mode `tcp`, `http://HOST:PORT` or
 * `h2c://HOST:PORT` in mode `http`. Throws ERR_HANDCLASP_OPTION.
 */
export function parseUpstream(text: string, mode: ListenerConfig["mode"]): Upstream {
  const [, scheme, rest = ""] = /^(http|h2c):\/\/([^/]*)\/?$/.exec(text) ?? [];
  if (mode === "http") {
    if (scheme === "http" || scheme === "h2c") {
      return { kind: "http", address: parseServerAddress(withPort(rest)), protocol: scheme };
    }
    throw refuse(text, mode, "write http://127.0.0.1:3000 or h2c://127.0.0.1:3000");
  }
  if (text.startsWith("unix:") && text.length > "unix:".length) {
    return { kind: "unix", path: text.slice("unix:".length) };
  }
  if (text.includes("://")) throw refuse(text, mode, "write 127.0.0.1:5432 or unix:/run/app.sock");
  return { kind: "tcp", address: parseServerAddress(text) };
}

function withPort(host: string): string {
  return /:\d+$/.test(host) ? host : `${host}:80`;
}

function refuse(text: string, mode: string, hint: string): HandclaspError {
  const problem = `${JSON.stringify(text)} is nothing that mode ${mode} can take clients to`;
  return new HandclaspError("ERR_HANDCLASP_OPTION", problem, { hint });
}
