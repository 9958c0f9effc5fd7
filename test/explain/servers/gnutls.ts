import type { Server } from "../server.ts";

/** Suites by the words that GnuTLS has for their parts. */
const AES_256_ONLY = "-CIPHER-ALL:+AES-256-GCM";

export const gnutls: Server = {
  name: "gnutls-serv",
  debian: ["gnutls-bin"],
  features: ["tls", "suites", "group", "alpn", "serverName"],
  command({ port, show, clientCa, least, suites, group, alpn, serverName }) {
    const priority = [
      "NORMAL",
      least === "1.3" ? "-VERS-ALL:+VERS-TLS1.3" : "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
      suites && AES_256_ONLY,
      group && "-GROUP-ALL:+GROUP-SECP384R1",
    ];
    return [
      "gnutls-serv",
      "--http",
      "--quiet",
      "--port",
      String(port),
      "--x509certfile",
      show.cert,
      "--x509keyfile",
      show.key,
      "--priority",
      priority.filter(Boolean).join(":"),
      ...(clientCa === undefined
        ? ["--disable-client-cert"]
        : ["--require-client-cert", "--verify-client-cert", "--x509cafile", clientCa]),
      ...(alpn === undefined ? [] : ["--alpn", alpn, "--alpn-fatal"]),
      ...(serverName === undefined ? [] : ["--sni-hostname", serverName, "--sni-hostname-fatal"]),
    ];
  },
};
