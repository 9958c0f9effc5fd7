import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { describe, it } from "node:test";
import { Home, runToEnd, until } from "../cli/support/serve.ts";
import { reachable, startForward, startGateway } from "./support/gateway.ts";
import { freePort } from "../support/free-port.ts";

const SSHD = "/usr/sbin/sshd";

/** A server of its own on a free port, that lets the key `user` in. */
async function startSshd(home: Home): Promise<AsyncDisposable & { readonly port: number }> {
  for (const name of ["host", "user"]) {
    const made = await runToEnd("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", home.path(name)]);
    assert.equal(made.code, 0, made.stderr);
  }
  copyFileSync(home.path("user.pub"), home.path("authorized_keys"));
  const port = await freePort();
  const config = home.path("sshd_config");
  writeFileSync(
    config,
    `ListenAddress 127.0.0.1:${port}
HostKey ${home.path("host")}
AuthorizedKeysFile ${home.path("authorized_keys")}
PidFile none
PasswordAuthentication no
StrictModes no
UsePAM no
`,
  );
  // As root it wants a folder that only its service would make.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const sshd = spawn(SSHD, ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  sshd.stderr.on("data", (chunk: Buffer) => (said += String(chunk)));
  const ended = once(sshd, "exit");
  await Promise.race([reachable(port), ended.then(() => assert.fail(said))]);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      sshd.kill();
      await ended;
    },
  };
}

describe("SSH behind the gateway", { skip: existsSync(SSHD) ? false : "no sshd" }, () => {
  it("runs commands through forward, with data both ways, until the key is revoked", async () => {
    using home = new Home();
    await using sshd = await startSshd(home);
    await using gateway = await startGateway(home, `127.0.0.1:${sshd.port}`);
    await using forward = await startForward(home, gateway);
    const { username } = userInfo();
    const options = ["StrictHostKeyChecking=no", `UserKnownHostsFile=${home.path("known")}`, "BatchMode=yes"];
    const ssh = (command: string, input: string = ""): ReturnType<typeof runToEnd> => {
      const to = ["-F", "none", "-i", home.path("user"), "-p", String(forward.port), `${username}@127.0.0.1`];
      return runToEnd("ssh", [...options.flatMap((option) => ["-o", option]), ...to, command], { input });
    };

    const echoed = await ssh("echo through the gateway; exit 7");
    assert.deepEqual([echoed.stdout, echoed.code], ["through the gateway\n", 7], echoed.stderr);
    const data = randomBytes(1_500_000).toString("hex");
    const back = await ssh("cat", data);
    assert.equal(back.code, 0, back.stderr);
    assert.equal(hash("sha256", back.stdout), hash("sha256", data));
    await until(() => gateway.log.some(({ event }) => event === "met"));

    assert.equal((await home.run(["trust", "revoke", String(forward.ready["pin"])])).code, 0);
    const refused = await ssh("echo never");
    assert.deepEqual([refused.stdout, refused.code], ["", 255]);
  });
});
