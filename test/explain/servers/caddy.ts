import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "../server.ts";

/** Suites by the names that Go has. */
const GO_NAMES: Readonly<Record<string, string>> = {
  "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
};

export const caddy: Server = {
  name: "Caddy",
  debian: ["caddy"],
  features: ["tls", "suites", "group", "alpn", "serverName"],
  command({ port, folder, show, clientCa, least, suites, group, alpn, serverName }) {
    const config = join(folder, "Caddyfile");
    const site = serverName === undefined ? `:${port}` : `https://${serverName}:${port}`;
    const tls = [
      `protocols tls${least ?? "1.2"} tls1.3`,
      suites && `ciphers ${GO_NAMES[suites] ?? suites}`,
      group && "curves secp384r1",
      alpn && `alpn ${alpn}`,
      clientCa && `client_auth {\n mode require_and_verify\n trusted_ca_cert_file ${clientCa}\n }`,
    ];
    writeFileSync(
      config,
      `{
  admin off
  auto_https off
  storage file_system ${folder}
}
${site} {
  bind 127.0.0.1
  tls ${show.cert} ${show.key} {
    ${tls.filter(Boolean).join("\n    ")}
  }
  respond hello
}
`,
    );
    return ["caddy", "run", "--adapter", "caddyfile", "--config", config];
  },
};
