import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import type { Sender } from "../../src/tls/records/sender.ts";
import { PcapngRecorder } from "../../src/capture/recording/pcapng-recorder.ts";
import { runHere } from "./support/run-here.ts";
import { Home } from "./support/serve.ts";
import { unwrapped } from "./support/unwrapped.ts";
import { type ClientFiles, makeClient } from "./support/tls-clients.ts";
import { PATIENCE_MS } from "../support/patience.ts";

describe("trace read --explain, of what openssl refuses", () => {
  const home = new Home();
  let good: ClientFiles;
  let old: ClientFiles;
  const forServers = { cert: home.path("for-servers.crt"), key: home.path("for-servers.key") };
  const forClients = { cert: home.path("for-clients.crt"), key: home.path("for-clients.key") };

  before(async () => {
    good = await makeClient(home, "good");
    old = await makeClient(home, "old", { madeAt: new Date("2001-01-01") });
    writeCertificateFor("serverAuth", forServers);
    writeCertificateFor("clientAuth", forClients);
  });
  after(() => home[Symbol.dispose]());

  /** What `trace read --explain` says of one connection between the two programs, in each version of TLS. */
  async function explained(
    server: readonly string[],
    client: readonly string[],
  ): Promise<readonly (readonly [string, string])[]> {
    const inVersion = async (version: string): Promise<readonly [string, string]> => {
      const file = home.path(`refused${version}.pcapng`);
      const keyLog = home.path(`refused${version}.keys`);
      writeFileSync(file, await recordServed(server, [...client, version, "-keylogfile", keyLog]));
      const { stdout } = await runHere(home, ["trace", "read", file, "--keylog", keyLog, "--explain"]);
      return [version, unwrapped(stdout.slice(stdout.lastIndexOf("\n# The client offered TLS")))];
    };
    return await Promise.all(["-tls1_2", "-tls1_3"].map(inVersion));
  }

  for (const [what, certificate, expected] of [
    [
      "has expired",
      () => old,
      /\. The server's certificate has expired\. The client ended it with the alert certificate_expired \(45\)\. .*: it ended at 2010-/,
    ],
    [
      "is for another purpose",
      () => forClients,
      /client ended it with the alert unsupported_certificate \(43\)\. .* its extendedKeyUsage names clients, not servers\./,
    ],
  ] as const)
    it(`explains a server's certificate that ${what}`, async () => {
      const { cert, key } = certificate();
      const said = await explained(["-cert", cert, "-key", key], ["-CAfile", cert, "-verify_return_error"]);
      for (const [version, text] of said) assert.match(text, expected, version);
    });

  for (const [what, shown, expected] of [
    [
      "has expired",
      () => old,
      /\. The client's certificate has expired\. The server ended it with the alert certificate_expired \(45\)\. .*: it ended at 2010-/,
    ],
    [
      "is for another purpose",
      () => forServers,
      /server ended it with the alert unsupported_certificate \(43\)\. .* its extendedKeyUsage names servers, not clients\./,
    ],
    [
      "nobody vouches for",
      () => good,
      /showed "CN=good", key .* is self-signed, and the server does not know it\. The server ended it with the alert unknown_ca \(48\)\./,
    ],
  ] as const)
    it(`explains a client's certificate that ${what}`, async () => {
      const { cert, key } = shown();
      const trusted = shown() === good ? old.cert : cert;
      const said = await explained(
        ["-cert", good.cert, "-key", good.key, "-Verify", "1", "-verify_return_error", "-CAfile", trusted],
        ["-cert", cert, "-key", key],
      );
      for (const [version, text] of said) assert.match(text, expected, version);
    });

  it("explains that a server lets in nobody without a certificate", async () => {
    const said = await explained(
      ["-cert", good.cert, "-key", good.key, "-Verify", "1", "-verify_return_error"],
      [],
    );
    for (const [version, text] of said)
      assert.match(
        text,
        /the client showed none\. .*the server lets in nobody without one\. .*with an empty Certificate message/,
        version,
      );
  });

  it("explains names and protocols that the server does not answer to", async () => {
    const identity = ["-cert", good.cert, "-key", good.key];
    const second = ["-cert2", good.cert, "-key2", good.key];
    const names = await explained(
      [...identity, ...second, "-servername", "here.example", "-servername_fatal"],
      ["-servername", "elsewhere.example"],
    );
    for (const [version, text] of names)
      assert.match(text, /unrecognized_name \(112\)\. The client asked for "elsewhere\.example"/, version);
    const protocols = await explained([...identity, "-alpn", "h2"], ["-alpn", "smtp"]);
    for (const [version, text] of protocols)
      assert.match(
        text,
        /no_application_protocol \(120\)\. The client offered the application protocols \(ALPN\) "smtp"/,
        version,
      );
  });

  it("blames a server that leaves, not the alert with which the client answers that", async () => {
    const leaving = net.createServer((socket) => {
      socket.on("error", () => undefined).once("data", () => socket.end());
    });
    await once(leaving.listen(0, "127.0.0.1"), "listening");
    const file = home.path("left.pcapng");
    writeFileSync(file, await recordConnection((leaving.address() as AddressInfo).port, []));
    leaving.close();
    const { stdout } = await runHere(home, ["trace", "read", file, "--explain"]);
    assert.match(stdout, /AlertType\.DECODE_ERROR/);
    assert.match(
      unwrapped(stdout),
      /The server closed the connection without an alert, after the client's client_hello/,
    );
  });

  it("explains groups and signature algorithms that are not shared", async () => {
    const server = ["-cert", good.cert, "-key", good.key, "-groups", "P-384"];
    for (const [version, text] of await explained(server, ["-groups", "X25519"]))
      assert.match(
        text,
        /Most likely they have no group .*handshake_failure \(40\)\. The client offered the groups x25519 /,
        version,
      );
    const [, tls13] = await explained(server.slice(0, 4), ["-sigalgs", "RSA+SHA256:rsa_pss_rsae_sha256"]);
    assert.match(
      tls13?.[1] ?? "",
      /Most likely they have no signature algorithm in common\. .*handshake_failure \(40\)\. .* rsa_pkcs1_sha256, rsa_pss_rsae_sha256 /,
    );
  });
});

/** A self-signed certificate for one purpose only. */
function writeCertificateFor(
  usage: string,
  { cert, key }: { readonly cert: string; readonly key: string },
): void {
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const content = ["-subj", "/CN=one purpose", "-addext", `extendedKeyUsage=${usage}`];
  execFileSync("openssl", ["req", "-x509", ...kind, ...content, "-keyout", key, "-out", cert], {
    stdio: "pipe",
  });
}

/** One connection of s_client to s_server, as a capture. */
async function recordServed(server: readonly string[], client: readonly string[]): Promise<Uint8Array> {
  const program = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", ...server], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  try {
    return await recordConnection(await acceptingPort(program.stdout), client);
  } finally {
    program.kill();
  }
}

/** One connection of s_client to whatever listens there, as a capture. */
async function recordConnection(upstream: number, client: readonly string[]): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  const relay = net.createServer((socket) => {
    recordRelayed(socket, net.connect({ port: upstream, host: "127.0.0.1", allowHalfOpen: true }), blocks);
  });
  await once(relay.listen(0, "127.0.0.1"), "listening");
  const { port } = relay.address() as AddressInfo;
  // Its input stays open: at the end of it the client would leave, perhaps before the server's alert arrives.
  const program = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, ...client], {
    stdio: ["pipe", "ignore", "ignore"],
    timeout: PATIENCE_MS,
  });
  await once(program, "close");
  relay.close();
  await once(relay, "close");
  return Buffer.concat(blocks);
}

async function acceptingPort(output: NodeJS.ReadableStream): Promise<number> {
  for await (const line of createInterface({ input: output })) {
    const [, port] = /^ACCEPT 127\.0\.0\.1:(\d+)/.exec(line) ?? [];
    if (port !== undefined) return Number(port);
  }
  throw new Error("s_server ended");
}

function recordRelayed(client: net.Socket, server: net.Socket, blocks: Uint8Array[]): void {
  const recorder = new PcapngRecorder((block) => blocks.push(block));
  const ends = { address: "127.0.0.1", port: 50_000 };
  const recorded = recorder.open(ends, { ...ends, port: 443 }, Date.now());
  const pass = (from: net.Socket, to: net.Socket, sender: Sender): void => {
    from.on("data", (bytes: Buffer) => {
      recorded.data(sender, Date.now(), bytes);
      to.write(bytes);
    });
    from.on("end", () => {
      recorded.finish(sender, Date.now());
      to.end();
    });
    from.on("error", () => to.destroy());
    from.on("close", () => recorded.flush());
  };
  pass(client, server, "client");
  pass(server, client, "server");
}
