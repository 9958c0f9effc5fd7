import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Home, runToEnd, until } from "../cli/support/serve.ts";
import { identity, type IdentityFiles, inFiles } from "../guard/support/identities.ts";
import { Dovecot } from "./support/dovecot.ts";
import { startForward, startGateway } from "./support/gateway.ts";
import { Postfix } from "./support/postfix.ts";
import { withoutPrograms } from "./support/quarters.ts";

const ada = await identity("ada");

interface Seen {
  /** What is offered before TLS, and behind it. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly mail?: string;
  readonly messages?: number;
  readonly error?: string;
}

/** What Python's client of a protocol sees. */
async function mailClient(
  kind: "smtp" | "imap" | "pop3",
  port: number,
  shown: IdentityFiles | "plain" | undefined,
): Promise<Seen> {
  const program = join(import.meta.dirname, "support", "mail_clients.py");
  const files =
    shown === undefined ? ["", ""] : shown === "plain" ? [shown, ""] : [shown.certFile, shown.keyFile];
  const { stdout, stderr } = await runToEnd("python3", [program, kind, String(port), ...files]);
  assert.notEqual(stdout, "", stderr);
  return { before: [], after: [], ...(JSON.parse(stdout) as Partial<Seen>) };
}

const POSTFIX = withoutPrograms("postfix swaks", "/usr/lib/postfix/sbin/master", "swaks");
const AS_ROOT = process.getuid?.() === 0 ? POSTFIX : { skip: "Postfix starts as root only" };

describe("Postfix behind a gateway that its clients ask for TLS", AS_ROOT, () => {
  it("takes mail from smtplib and swaks with their own certificates, and offers them no TLS again", async () => {
    using home = new Home();
    await using postfix = await Postfix.start();
    await using gateway = await startGateway(home, `127.0.0.1:${postfix.port}`, "--starttls", "smtp");
    const files = inFiles(home.folder, ada);
    const seen = await mailClient("smtp", gateway.port, files);
    assert.equal(seen.error, undefined);
    assert.deepEqual(seen.before, ["starttls"]);
    assert.ok(seen.after.includes("pipelining"));
    assert.ok(!seen.after.includes("starttls"));
    const { certFile, keyFile } = files;
    const tls = ["--tls", "--tls-cert", certFile, "--tls-key", keyFile];
    const from = ["--from", "a@b.example", "--to", "x@mail.example", "--header", "Subject: by swaks"];
    const swaks = await runToEnd("swaks", ["--server", gateway.address, ...tls, ...from]);
    assert.equal(swaks.code, 0, swaks.stdout + swaks.stderr);
    await until(
      () => postfix.mail.includes("Subject: by smtplib") && postfix.mail.includes("Subject: by swaks"),
    );
    const without = await mailClient("smtp", gateway.port, undefined);
    assert.match(String(without.error), /certificate required/i);
  });

  it("takes mail from programs that speak no TLS, through forward", async () => {
    using home = new Home();
    await using postfix = await Postfix.start();
    await using gateway = await startGateway(home, `127.0.0.1:${postfix.port}`, "--starttls", "smtp");
    await using forward = await startForward(home, gateway, "--starttls", "smtp");
    const seen = await mailClient("smtp", forward.port, "plain");
    assert.equal(seen.error, undefined);
    assert.ok(!seen.before.includes("starttls"));
    await until(() => postfix.mail.includes("Subject: by smtplib"));
  });

  it("is told where they come from by a PROXY header before it greets", async () => {
    using home = new Home();
    await using postfix = await Postfix.start();
    const to = `127.0.0.1:${postfix.proxyPort}`;
    await using gateway = await startGateway(home, to, "--starttls", "smtp", "--send-proxy", "v2");
    const seen = await mailClient("smtp", gateway.port, inFiles(home.folder, ada));
    assert.equal(seen.error, undefined);
    await until(() => postfix.mail.includes("Subject: by smtplib"));
    await until(() => /connect from localhost\[127\.0\.0\.1\]/.test(postfix.log));
  });
});

const DOVECOT = withoutPrograms("dovecot-imapd dovecot-pop3d", "dovecot");

describe("Dovecot behind gateways that its clients ask for TLS", DOVECOT, () => {
  it("is read by imaplib and poplib with their own certificates, which are offered no TLS again", async () => {
    using home = new Home();
    await using dovecot = await Dovecot.start();
    const files = inFiles(home.folder, ada);
    for (const [port, ...args] of [
      [dovecot.imapPort],
      [dovecot.imapProxyPort, "--send-proxy", "v2"],
    ] as const) {
      await using gateway = await startGateway(home, `127.0.0.1:${port}`, "--starttls", "imap", ...args);
      const seen = await mailClient("imap", gateway.port, files);
      assert.equal(seen.error, undefined);
      assert.deepEqual(seen.before, ["IMAP4REV1", "LOGINDISABLED", "STARTTLS"]);
      assert.ok(seen.after.includes("IDLE"));
      assert.ok(!seen.after.includes("STARTTLS"));
      assert.match(String(seen.mail), /^\* CAPABILITY STARTTLS\r$/m);
      const without = await mailClient("imap", gateway.port, undefined);
      assert.match(String(without.error), /certificate required/i);
      await using forward = await startForward(home, gateway, "--starttls", "imap");
      assert.match(String((await mailClient("imap", forward.port, "plain")).mail), /kept/);
    }
    await using gateway = await startGateway(home, `127.0.0.1:${dovecot.pop3Port}`, "--starttls", "pop3");
    const seen = await mailClient("pop3", gateway.port, files);
    assert.equal(seen.error, undefined);
    assert.deepEqual(seen.before, ["STLS"]);
    assert.ok(seen.after.includes("UIDL"));
    assert.ok(!seen.after.includes("STLS"));
    assert.equal(seen.messages, 4);
    await using forward = await startForward(home, gateway, "--starttls", "pop3");
    assert.equal((await mailClient("pop3", forward.port, "plain")).messages, 4);
  });
});
