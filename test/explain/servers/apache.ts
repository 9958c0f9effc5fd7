import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "../server.ts";

const MODULES = "/usr/lib/apache2/modules";

export const apache: Server = {
  name: "Apache",
  debian: ["apache2"],
  features: ["tls", "suites", "group", "proxy"],
  command({ port, folder, show, clientCa, least, suites, group, proxy }) {
    const config = join(folder, "httpd.conf");
    const modules = ["mpm_event", "authz_core", "ssl", "remoteip", "rewrite"];
    const lines = [
      ...modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
      `ServerRoot ${folder}`,
      `DefaultRuntimeDir ${folder}`,
      `PidFile ${folder}/pid`,
      `ErrorLog ${folder}/error.log`,
      `Listen 127.0.0.1:${port}`,
      "ServerName localhost",
      `DocumentRoot ${folder}`,
      "User www-data",
      "Group www-data",
      "SSLEngine on",
      `SSLCertificateFile ${show.cert}`,
      `SSLCertificateKeyFile ${show.key}`,
      `SSLProtocol -all ${least === "1.3" ? "" : "+TLSv1.2 "}+TLSv1.3`,
      clientCa && `SSLCACertificateFile ${clientCa}\nSSLVerifyClient require\nSSLVerifyDepth 4`,
      suites && `SSLCipherSuite ${suites}`,
      group && "SSLOpenSSLConfCmd Curves P-384",
      proxy && "RemoteIPProxyProtocol On",
      "RewriteEngine on",
      "RewriteRule ^ - [R=204]",
    ];
    writeFileSync(config, `${lines.filter(Boolean).join("\n")}\n`);
    return ["apache2", "-X", "-f", config];
  },
};
