import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "../server.ts";

export const nginx: Server = {
  name: "nginx",
  debian: ["nginx-light"],
  features: ["tls", "suites", "group", "alpn", "serverName", "proxy", "plain"],
  command({ port, folder, show, clientCa, least, suites, group, alpn, serverName, proxy, plain }) {
    const config = join(folder, "nginx.conf");
    const listen = `127.0.0.1:${port}${plain ? "" : " ssl"}${proxy ? " proxy_protocol" : ""}${alpn === "h2" ? " http2" : ""}`;
    const client =
      clientCa && `ssl_client_certificate ${clientCa}; ssl_verify_client on; ssl_verify_depth 4;`;
    const rejecting = serverName && `server { listen ${listen} default_server; ssl_reject_handshake on; }`;
    writeFileSync(
      config,
      `user root; daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  ssl_protocols ${least === "1.3" ? "" : "TLSv1.2 "}TLSv1.3;
  ${suites === undefined ? "" : `ssl_ciphers ${suites};`}
  ${group === undefined ? "" : "ssl_ecdh_curve secp384r1;"}
  ${rejecting ?? ""}
  server {
    listen ${listen}; server_name ${serverName ?? "_"};
    ssl_certificate ${show.cert}; ssl_certificate_key ${show.key};
    ${client ?? ""}
    location / { return 200 hello; }
  }
}
`,
    );
    return ["nginx", "-c", config, "-e", join(folder, "error.log")];
  },
};
