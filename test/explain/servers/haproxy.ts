import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "../server.ts";

export const haproxy: Server = {
  name: "HAProxy",
  debian: ["haproxy"],
  features: ["tls", "suites", "group", "serverName", "proxy", "plain"],
  command({ port, folder, show, clientCa, least, suites, group, serverName, proxy, plain }) {
    const [config, pem] = [join(folder, "haproxy.cfg"), join(folder, "server.pem")];
    writeFileSync(pem, readFileSync(show.cert, "utf8") + readFileSync(show.key, "utf8"));
    const bind = [
      `bind 127.0.0.1:${port}`,
      !plain && `ssl crt ${pem} ssl-min-ver TLSv${least ?? "1.2"}`,
      clientCa && `ca-file ${clientCa} verify required`,
      suites && `ciphers ${suites}`,
      group && "curves P-384",
      serverName && "strict-sni",
      proxy && "accept-proxy",
    ];
    writeFileSync(
      config,
      `defaults
  mode http
  timeout client 3s
  timeout server 3s
  timeout connect 3s
frontend f
  ${bind.filter(Boolean).join(" ")}
  http-request return status 200 content-type text/plain string hello
`,
    );
    return ["haproxy", "-f", config];
  },
};
