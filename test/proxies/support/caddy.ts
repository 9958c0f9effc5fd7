import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../journeys/support/gateway.ts";
import {
  exampleWith,
  type ProxyPlace,
  type ProxyUnderTest,
  type RunningProxy,
  startProxy,
} from "./proxy-under-test.ts";

/** No port but the one it is told, and nothing kept outside of the folder. */
const ALONE = "{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port PORT\n}\n";

async function start({ folder, upstreamPort, authorizerSocket, certs }: ProxyPlace): Promise<RunningProxy> {
  const port = await freePort();
  const site = exampleWith("Caddyfile", {
    "https://app.example {": `https://app.example {\n\tbind 127.0.0.1`,
    "127.0.0.1:8080": `127.0.0.1:${upstreamPort}`,
    "/run/handclasp/authz.sock": authorizerSocket,
    "/etc/caddy/app.pem": certs.cert,
    "/etc/caddy/app.key": certs.key,
  });
  const file = join(folder, "Caddyfile");
  writeFileSync(file, ALONE.replace("PORT", String(port)) + site);
  return await startProxy("/usr/bin/caddy", ["run", "--config", file, "--adapter", "caddyfile"], port, {
    ...process.env,
    HOME: folder,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
  });
}

export const CADDY: ProxyUnderTest = {
  name: "Caddy",
  program: "/usr/bin/caddy",
  packages: "caddy",
  cannot: {},
  webSocketOfRevoked: "lives on",
  start,
};
