import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { runHere } from "../cli/support/run-here.ts";
import { Home, MAIN } from "../cli/support/serve.ts";

/** The verb as a process: what it prints, and what everybody on the machine sees of it. */
async function startUi(
  home: Home,
): Promise<{ link: string; stderr: () => string; args: string; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [MAIN, "ui", "--no-open", "--listen", "127.0.0.1:0"], {
    env: home.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [link] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const cmdline = `/proc/${child.pid}/cmdline`;
  return {
    link,
    stderr: () => stderr,
    args: existsSync(cmdline) ? readFileSync(cmdline, "utf8") : "",
    async stop() {
      child.kill();
      await once(child, "close");
    },
  };
}

describe("handclasp ui", () => {
  it("prints a link on stdout that signs in once, and has its secret nowhere else", async () => {
    using home = new Home();
    const ui = await startUi(home);
    try {
      const [, origin = "", secret = ""] =
        /^(http:\/\/127\.0\.0\.1:\d+)\/#k=([\w-]{43})$/.exec(ui.link) ?? [];
      assert.notEqual(secret, "");
      assert.match(await (await fetch(origin)).text(), /^<!doctype html>/i);
      const signIn = (): Promise<Response> =>
        fetch(`${origin}/v1/session`, {
          method: "POST",
          headers: { origin, "content-type": "application/json" },
          body: JSON.stringify({ link: secret }),
        });
      const first = await signIn();
      assert.equal(first.status, 201);
      const session = (await first.json()) as { secret: string };
      assert.equal((await signIn()).status, 401);
      const headers = { authorization: `Bearer ${session.secret}` };
      const health = await fetch(`${origin}/v1/health`, { headers });
      assert.equal(((await health.json()) as { status: string }).status, "healthy");
      for (const seen of [ui.stderr(), ui.args]) {
        assert.ok(!seen.includes(secret) && !seen.includes(session.secret), seen);
      }
      const stored = Buffer.concat([home.store, `${home.store}-wal`].map((file) => readFileSync(file)));
      for (const each of [secret, session.secret]) assert.equal(stored.includes(each), false);
    } finally {
      await ui.stop();
    }
  });

  it("signs out whoever is signed in when it stops: another user's program may listen there next", async () => {
    using home = new Home();
    const ui = await startUi(home);
    const { origin, hash } = new URL(ui.link);
    const response = await fetch(`${origin}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ link: hash.slice("#k=".length) }),
    });
    const { secret } = (await response.json()) as { secret: string };
    await ui.stop();
    const next = await startUi(home);
    try {
      const headers = { authorization: `Bearer ${secret}` };
      assert.equal((await fetch(`${new URL(next.link).origin}/v1/keys`, { headers })).status, 401);
    } finally {
      await next.stop();
    }
  });

  it("listens on no address that others reach", async () => {
    using home = new Home();
    for (const address of ["0.0.0.0:0", "[::]:0", "192.0.2.1:7443", "gw.example:7443"]) {
      const { code, stderr } = await runHere(home, ["ui", "--no-open", "--listen", address]);
      assert.equal(code, 1);
      assert.match(stderr, /can be reached from elsewhere/);
    }
  });
});
