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

/** Another version is tried by naming it. */
const PROGRAM = process.env["HANDCLASP_TEST_NGINX"] ?? "/usr/sbin/nginx";

/** What Debian's nginx.conf is around a file of conf.d, in a folder of ours. */
function mainFile(folder: string, site: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
${process.getuid?.() === 0 ? "user root;\n" : ""}pid ${folder}/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join("\n")}
  include ${site};
}
`;
}

/** nginx with the example, in which these texts stand as others, too. */
export function nginxWith(changes: Readonly<Record<string, string>>): ProxyUnderTest {
  return {
    name: "nginx",
    program: PROGRAM,
    packages: "nginx-light",
    cannot: {},
    webSocketOfRevoked: "lives on",
    start: (place) => start(place, changes),
  };
}

export const NGINX: ProxyUnderTest = nginxWith({});

async function start(place: ProxyPlace, changes: Readonly<Record<string, string>>): Promise<RunningProxy> {
  const { folder, upstreamPort, authorizerSocket, certs } = place;
  const port = await freePort();
  const site = join(folder, "app.conf");
  writeFileSync(
    site,
    exampleWith("nginx.conf", {
      ...changes,
      ...unlessHasty(place, {
        "proxy_connect_timeout 1s": `proxy_connect_timeout ${PATIENCE_SECONDS}s`,
        "proxy_read_timeout 2s": `proxy_read_timeout ${PATIENCE_SECONDS}s`,
      }),
      "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
      "127.0.0.1:8080": `127.0.0.1:${upstreamPort}`,
      "/run/handclasp/authz.sock": authorizerSocket,
      "/etc/nginx/app.pem": certs.cert,
      "/etc/nginx/app.key": certs.key,
    }),
  );
  const file = join(folder, "nginx.conf");
  writeFileSync(file, mainFile(folder, site));
  return await startProxy(PROGRAM, ["-p", folder, "-c", file, "-e", "stderr"], port);
}
