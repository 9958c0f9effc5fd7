import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  exampleWith,
  PATIENCE_SECONDS,
  type ProxyPlace,
  type ProxyUnderTest,
  type RunningProxy,
  startProxy,
  unlessHasty,
} from "./proxy-under-test.ts";
import { freePort } from "../../support/free-port.ts";

export const HAPROXY_PROGRAM = "/usr/sbin/haproxy";

/** Writes a configuration of examples/proxies with what belongs to it into a folder; gives its path. */
export function placeHaproxy(
  example: "haproxy.cfg" | "haproxy-tcp.cfg",
  place: ProxyPlace,
  port: number,
  configure: (text: string) => string = (text) => text,
): string {
  const { folder, upstreamPort, authorizerSocket, certs } = place;
  const asked = {
    "/run/handclasp/authz.sock": authorizerSocket,
    ...unlessHasty(place, { "timeout = 500": `timeout = ${PATIENCE_SECONDS * 1000}` }),
  };
  writeFileSync(join(folder, "handclasp.lua"), exampleWith("haproxy.lua", asked));
  writeFileSync(join(folder, "handclasp.map"), "");
  const file = join(folder, example);
  const inspects = { "inspect-delay 5s": `inspect-delay ${PATIENCE_SECONDS}s` };
  const config = exampleWith(example, {
    ...(example === "haproxy-tcp.cfg" && unlessHasty(place, inspects)),
    "  user haproxy\n": "",
    "  group handclasp\n": "",
    "/run/haproxy/handclasp.sock user haproxy group handclasp": socketOf(folder),
    "/etc/haproxy/handclasp.lua": join(folder, "handclasp.lua"),
    "/etc/haproxy/handclasp.map": mapOf(folder),
    "/etc/haproxy/app.pem": certs.bundle,
    "bind :443": `bind 127.0.0.1:${port}`,
    "127.0.0.1:8080": `127.0.0.1:${upstreamPort}`,
  });
  writeFileSync(file, configure(config));
  return file;
}

/** Of the runtime API. */
export function socketOf(folder: string): string {
  return join(folder, "haproxy.sock");
}

export function mapOf(folder: string): string {
  return join(folder, "handclasp.map");
}

async function start(example: Parameters<typeof placeHaproxy>[0], place: ProxyPlace): Promise<RunningProxy> {
  const port = await freePort();
  return await startProxy(HAPROXY_PROGRAM, ["-db", "-f", placeHaproxy(example, place, port)], port);
}

const CANNOT = {
  "spoofed-trailers": "HAProxy 2.6 passes the trailers of requests on, and has no rule for them",
};
const PROGRAM = { program: HAPROXY_PROGRAM, packages: "haproxy", cannot: CANNOT } as const;

/** It asks for each request. */
export const HAPROXY: ProxyUnderTest = {
  ...PROGRAM,
  name: "HAProxy",
  webSocketOfRevoked: "lives on",
  start: (place) => start("haproxy.cfg", place),
};

/** It has a map, which the authorizer keeps. */
export const HAPROXY_WITH_MAP: ProxyUnderTest = {
  ...HAPROXY,
  name: "HAProxy with its map",
  webSocketOfRevoked: "is cut",
  hears: "soon",
  authorizerOptions: (folder) => ["--haproxy", `${socketOf(folder)}:${mapOf(folder)}`],
};

/** The same for bytes: no application is told who comes. */
export const HAPROXY_IN_MODE_TCP: ProxyUnderTest = {
  ...HAPROXY_WITH_MAP,
  name: "HAProxy in mode tcp",
  start: (place) => start("haproxy-tcp.cfg", place),
};
