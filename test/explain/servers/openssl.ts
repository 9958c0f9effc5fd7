import type { Server } from "../server.ts";

export const openssl: Server = {
  name: "openssl s_server",
  debian: ["openssl"],
  features: ["tls", "suites", "group", "serverName"],
  command({ port, show, clientCa, least, suites, group, serverName }) {
    return [
      "openssl",
      "s_server",
      "-accept",
      `127.0.0.1:${port}`,
      "-cert",
      show.cert,
      "-key",
      show.key,
      "-www",
      ...(clientCa === undefined ? [] : ["-Verify", "4", "-verify_return_error", "-CAfile", clientCa]),
      ...(least === undefined ? ["-min_protocol", "TLSv1.2"] : ["-tls1_3"]),
      ...(suites === undefined ? [] : ["-cipher", suites]),
      ...(group === undefined ? [] : ["-groups", group]),
      ...(serverName === undefined
        ? []
        : ["-servername", serverName, "-servername_fatal", "-cert2", show.cert, "-key2", show.key]),
    ];
  },
};
