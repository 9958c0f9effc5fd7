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
const PROGRAM = process.env["HANDCLASP_TEST_CADDY"] ?? "/usr/bin/caddy";

/** No port but the one it is told. */
const ALONE = "\tadmin off\n\tauto_https disable_redirects\n\thttps_port PORT\n";

async function start(place: ProxyPlace, changes: Readonly<Record<string, string>>): Promise<RunningProxy> {
  const { folder, upstreamPort, authorizerSocket, certs } = place;
  const port = await freePort();
  const site = exampleWith("Caddyfile", {
    ...changes,
    ...unlessHasty(place, {
      "dial_timeout 1s": `dial_timeout ${PATIENCE_SECONDS}s`,
      "response_header_timeout 2s": `response_header_timeout ${PATIENCE_SECONDS}s`,
    }),
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
