import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  exampleWith,
  type ProxyPlace,
  type ProxyUnderTest,
  type RunningProxy,
  startProxy,
} from "./proxy-under-test.ts";
import { freePort } from "../../support/free-port.ts";

/** Another version is tried by naming it. */
const PROGRAM = process.env["HANDCLASP_TEST_CADDY"] ?? "/usr/bin/caddy";

/** No port but the one it is told. */
const ALONE = "\tadmin off\n\tauto_https disable_redirects\n\thttps_port PORT\n";

async function start(
  { folder, upstreamPort, authorizerSocket, certs }: ProxyPlace,
  changes: Readonly<Record<string, string>>,
): Promise<RunningProxy> {
  const port = await freePort();
  const site = exampleWith("Caddyfile", {
    ...changes,
    "\tservers {": `${ALONE.replace("PORT", String(port))}\tservers {`,
    "https://app.example {": `https://app.example, https://localhost {\n\tbind 127.0.0.1`,
    "127.0.0.1:8080": `127.0.0.1:${upstreamPort}`,
    "/run/handclasp/authz.sock": authorizerSocket,
    "/etc/caddy/app.pem": certs.cert,
    "/etc/caddy/app.key": certs.key,
  });
  const file = join(folder, "Caddyfile");
  writeFileSync(file, site);
  return await startProxy(PROGRAM, ["run", "--config", file, "--adapter", "caddyfile"], port, {
    ...process.env,
    HOME: folder,
    XDG_DATA_HOME: folder,
    XDG_CONFIG_HOME: folder,
  });
}

/** Caddy with the example, in which these texts stand as others, too. */
export function caddyWith(changes: Readonly<Record<string, string>>): ProxyUnderTest {
  return {
    name: "Caddy",
    program: PROGRAM,
    packages: "caddy",
    cannot: {},
    webSocketOfRevoked: "lives on",
    // Caddy 2.6 lets clients resume, 2.11 does not.
    neverResumes: "HANDCLASP_TEST_CADDY" in process.env,
    start: (place) => start(place, changes),
  };
}

export const CADDY: ProxyUnderTest = caddyWith({});
