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

const MODULES = "/usr/lib/nginx/modules";

async function start(place: ProxyPlace): Promise<RunningProxy> {
  const { folder, upstreamPort, authorizerSocket, certs } = place;
  const port = await freePort();
  const script = join(folder, "handclasp.js");
  writeFileSync(script, exampleWith("handclasp.js", { "/run/handclasp/authz.sock": authorizerSocket }));
  const stream = exampleWith("nginx-stream.conf", {
    ...unlessHasty(place, { "js_fetch_timeout 2s": `js_fetch_timeout ${PATIENCE_SECONDS}s` }),
    "listen 8883 ssl": `listen 127.0.0.1:${port} ssl`,
    "127.0.0.1:1883": `127.0.0.1:${upstreamPort}`,
    "/etc/nginx/handclasp.js": script,
    "/etc/nginx/app.pem": certs.cert,
    "/etc/nginx/app.key": certs.key,
  });
  const file = join(folder, "nginx.conf");
  writeFileSync(
    file,
    `load_module ${MODULES}/ngx_stream_module.so;
load_module ${MODULES}/ngx_stream_js_module.so;
daemon off;
${process.getuid?.() === 0 ? "user root;\n" : ""}pid ${folder}/nginx.pid;
error_log stderr warn;
events {}
${stream}`,
  );
  return await startProxy("/usr/sbin/nginx", ["-p", folder, "-c", file, "-e", "stderr"], port);
}

/** It speaks no HTTP: its tests are its own. */
export const NGINX_STREAM: ProxyUnderTest = {
  name: "nginx's stream with njs",
  program: `${MODULES}/ngx_stream_js_module.so`,
  packages: "nginx-light libnginx-mod-stream-js",
  cannot: {},
  webSocketOfRevoked: "lives on",
  start,
};
