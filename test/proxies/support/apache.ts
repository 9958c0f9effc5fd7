import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

const AVAILABLE = "/etc/apache2/mods-available";
/** What Debian's apache2 has without being told. */
const ALWAYS = ["mpm_event", "authz_core"];
const WWW_DATA = "www-data";
const isRoot = process.getuid?.() === 0;

interface Site {
  readonly folder: string;
  readonly site: string;
  readonly port: number;
}

/**
 * What Debian's apache2.conf and ports.conf are around a site, in a folder of ours, with the modules that the example says it
 * needs. Connections are kept for as long as a test takes.
 */
function mainFile({ folder, site, port }: Site, example: string): string {
  const named = /^# +a2enmod (.+)$/m.exec(example)?.[1]?.split(" ") ?? [];
  return `ServerRoot ${folder}
DefaultRuntimeDir ${folder}
PidFile ${folder}/apache.pid
ErrorLog ${folder}/error.log
LogLevel warn
ServerName localhost
${isRoot ? `User ${WWW_DATA}\nGroup ${WWW_DATA}\n` : ""}${[...ALWAYS, ...named].flatMap(loaded).join("\n")}
StartServers 1
KeepAliveTimeout 600
Listen 127.0.0.1:${port}
Include ${site}
`;
}

/** The lines of a module and of those that it depends on, with what Debian has set for them. */
function loaded(module: string): readonly string[] {
  const file = join(AVAILABLE, `${module}.load`);
  const text = readFileSync(file, "utf8");
  const needed = /^# Depends: (.+)$/m.exec(text)?.[1]?.split(" ") ?? [];
  const settings = join(AVAILABLE, `${module}.conf`);
  return [
    ...needed.flatMap(loaded),
    `<IfModule !${module}_module>`,
    `Include ${file}`,
    ...(existsSync(settings) ? [`Include ${settings}`] : []),
    "</IfModule>",
  ];
}

/** Started by root, Apache asks as another user: by a group, which sockets in this folder have from now on. */
function letIn(
  group: string,
  { folder, authorizerSocket }: Pick<ProxyPlace, "folder" | "authorizerSocket">,
): void {
  const gid = Number(execFileSync("id", ["-g", group], { encoding: "utf8" }));
  const home = dirname(authorizerSocket);
  for (const path of [authorizerSocket, home, folder]) chownSync(path, 0, gid);
  chmodSync(home, 0o2750);
  chmodSync(folder, 0o750);
}

async function start(place: ProxyPlace): Promise<RunningProxy> {
  const { folder, upstreamPort, authorizerSocket, certs } = place;
  const port = await freePort();
  const script = join(folder, "handclasp.lua");
  const asks = {
    "/run/handclasp/authz.sock": authorizerSocket,
    ...unlessHasty(place, { "local SECONDS = 2": `local SECONDS = ${PATIENCE_SECONDS}` }),
  };
  writeFileSync(script, exampleWith("apache.lua", asks));
  const site = join(folder, "app.conf");
  const example = exampleWith("apache.conf", {
    "<VirtualHost *:443>": `<VirtualHost 127.0.0.1:${port}>`,
    "127.0.0.1:8080": `127.0.0.1:${upstreamPort}`,
    "/etc/apache2/handclasp.lua": script,
    "/etc/apache2/app.pem": certs.cert,
    "/etc/apache2/app.key": certs.key,
  });
  writeFileSync(site, example);
  const file = join(folder, "apache.conf");
  writeFileSync(file, mainFile({ folder, site, port }, example));
  if (isRoot) letIn(WWW_DATA, { folder, authorizerSocket });
  return await startProxy("/usr/sbin/apache2", ["-f", file, "-DFOREGROUND"], port, {
    ...process.env,
    APACHE_RUN_DIR: folder,
  });
}

export const APACHE: ProxyUnderTest = {
  name: "Apache",
  program: "/usr/sbin/apache2",
  packages: "apache2 lua-socket",
  cannot: { expired: "Apache itself ends the connection, with TLS's own alert" },
  webSocketOfRevoked: "lives on",
  start,
};
