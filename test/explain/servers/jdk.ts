import { join } from "node:path";
import { compiled, keyStore } from "../jdk-programs.ts";
import type { Server } from "../server.ts";

const JDK_NAMES: Readonly<Record<string, string>> = {
  "ECDHE-ECDSA-AES256-GCM-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
};

export const jdk: Server = {
  name: "JDK",
  debian: ["default-jdk-headless"],
  features: ["tls", "suites", "group", "alpn", "serverName"],
  async command({ port, folder, show, clientCa, least, suites, group, alpn, serverName }) {
    const keys = await keyStore(show, join(folder, "server.p12"));
    const classes = await compiled("JdkServer", folder);
    return [
      "java",
      "-XX:TieredStopAtLevel=1",
      "-cp",
      classes,
      ...(group === undefined ? [] : ["-Djdk.tls.namedGroups=secp384r1"]),
      "JdkServer",
      String(port),
      keys,
      clientCa ?? "-",
      least ?? "1.2",
      suites === undefined ? "-" : (JDK_NAMES[suites] ?? suites),
      alpn ?? "-",
      serverName ?? "-",
    ];
  },
};
