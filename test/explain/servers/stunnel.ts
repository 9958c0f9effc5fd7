import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "../server.ts";

export const stunnel: Server = {
  name: "stunnel",
  debian: ["stunnel4"],
  features: ["tls", "suites", "group"],
  command({ port, folder, show, clientCa, least, suites, group }) {
    const config = join(folder, "stunnel.conf");
    const lines = [
      "foreground = yes",
      `pid = ${folder}/pid`,
      "[s]",
      `accept = 127.0.0.1:${port}`,
      "exec = /bin/sh",
      "execArgs = sh -c 'read line; printf \"HTTP/1.0 200 OK\\r\\n\\r\\nhello\"'",
      `cert = ${show.cert}`,
      `key = ${show.key}`,
      `sslVersionMin = TLSv${least ?? "1.2"}`,
      clientCa && `CAfile = ${clientCa}`,
      clientCa && "verifyChain = yes",
      suites && `ciphers = ${suites}`,
      group && "curves = P-384",
    ];
    writeFileSync(config, `${lines.filter(Boolean).join("\n")}\n`);
    return ["stunnel4", config];
  },
};
