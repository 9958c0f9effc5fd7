import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync } from "node:fs";
import { connect } from "node:net";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { startTls } from "../../src/client/starttls/starttls.ts";
import { Home, runToEnd, type RunResult } from "../cli/support/serve.ts";
import { gone, openClient } from "../gateway/support/upstream.ts";
import { identity, inFiles, type TestIdentity } from "../guard/support/identities.ts";
import { startForward, startGateway } from "./support/gateway.ts";
import { Postgres } from "./support/postgres.ts";
import { withoutPrograms } from "./support/quarters.ts";
import { PATIENCE_MS } from "../support/patience.ts";

const ada = await identity("ada");
const bob = await identity("bob");

/** psql at a port of this machine, with what its connection string says besides. */
function psql(port: number, parameters: string, command: string): Promise<RunResult> {
  const connection = `host=127.0.0.1 port=${port} user=app dbname=postgres ${parameters}`;
  return runToEnd("psql", ["-XAtc", command, connection]);
}

/** What makes psql show an identity. */
function showing(home: Home, of: TestIdentity): string {
  const { certFile, keyFile } = inFiles(home.folder, of);
  // libpq wants that.
  chmodSync(keyFile, 0o600);
  return `sslmode=require sslcert=${certFile} sslkey=${keyFile}`;
}

const PROGRAMS = withoutPrograms("postgresql pgbouncer", "psql", "postgres", "initdb", "pgbouncer");

describe("PostgreSQL behind a gateway that its clients ask for TLS", PROGRAMS, () => {
  it("is reached by psql with its own client certificate, and by nobody without", async () => {
    using home = new Home();
    await using postgres = await Postgres.start();
    await using gateway = await startGateway(home, `127.0.0.1:${postgres.port}`, "--starttls", "postgres");
    assert.equal(gateway.ready["starttls"], "postgres");
    const asAda = showing(home, ada);
    const { stdout, stderr } = await psql(gateway.port, asAda, "select 1 + 1");
    assert.equal(stdout, "2\n", stderr);
    const without = await psql(gateway.port, "sslmode=require", "select 1");
    assert.match(without.stderr, /alert certificate required/);
    const plain = await psql(gateway.port, "sslmode=disable", "select 1");
    assert.match(plain.stderr, /FATAL: +this server is for connections with TLS and a client certificate/);
    assert.match(plain.stderr, /HINT: +Connect with sslmode=require sslcert=FILE sslkey=FILE/);
    await home.run(["trust", "revoke", "ada", "--yes"]);
    const revoked = await psql(gateway.port, asAda, "select 1");
    assert.match(revoked.stderr, /alert certificate revoked/);
    const other = await psql(gateway.port, showing(home, bob), "select 1");
    assert.equal(other.stdout, "1\n", other.stderr);
  });

  it("is reached through pgbouncer behind it and in front, and by programs that speak no TLS through forward", async () => {
    using home = new Home();
    await using postgres = await Postgres.start();
    const to = `127.0.0.1:${await postgres.startPgbouncer()}`;
    await using gateway = await startGateway(home, to, "--starttls", "postgres");
    const pooled = await psql(gateway.port, showing(home, ada), "select 1 + 1");
    assert.equal(pooled.stdout, "2\n", pooled.stderr);
    const inFront = await postgres.startPgbouncer(gateway.port, bob);
    const twice = await psql(inFront, "sslmode=disable", "select 3 + 3");
    assert.equal(twice.stdout, "6\n", twice.stderr);
    await using forward = await startForward(home, gateway, "--starttls", "postgres");
    const forwarded = await psql(forward.port, "sslmode=disable", "select 2 + 2");
    assert.equal(forwarded.stdout, "4\n", forwarded.stderr);
  });

  it("cancels what runs for who asks behind TLS, and for nobody in the clear", async () => {
    using home = new Home();
    await using postgres = await Postgres.start();
    await using gateway = await startGateway(home, `127.0.0.1:${postgres.port}`, "--starttls", "postgres");
    const sleeping = async (seconds: number, cancel: (keys: Buffer) => Promise<void>): Promise<string> => {
      const client = await openPostgres(gateway.port, ada);
      client.write(startup({ user: "app", database: "postgres" }));
      const greeted = await heard(client, READY);
      const keys = Buffer.from(
        greeted.slice(greeted.indexOf(KEY_DATA) + KEY_DATA.length).slice(0, 8),
        "latin1",
      );
      client.write(query(`do $$ begin raise notice 'it runs'; perform pg_sleep(${seconds}); end $$`));
      await heard(client, "it runs");
      await cancel(keys);
      const answer = await heard(client, READY);
      client.destroy();
      return answer;
    };
    const inTheClear = await sleeping(2, async (keys) => {
      const socket = connect(gateway.port, "127.0.0.1");
      socket.write(cancelRequest(keys));
      await gone(socket);
    });
    assert.ok(inTheClear.includes("DO"));
    const { message } = await gateway.logged(({ event }) => event === "handshake-failed");
    assert.equal(message, "PostgreSQL SSLRequest: the client sent a CancelRequest in the clear");
    const behindTls = await sleeping(600, async (keys) => {
      const client = await openPostgres(gateway.port, ada);
      client.write(cancelRequest(keys));
      await gone(client);
    });
    assert.match(behindTls, /canceling statement due to user request/);
  });

  it("cancels what runs for Ctrl-C in psql, through forward", async () => {
    using home = new Home();
    await using postgres = await Postgres.start();
    await using gateway = await startGateway(home, `127.0.0.1:${postgres.port}`, "--starttls", "postgres");
    await using forward = await startForward(home, gateway, "--starttls", "postgres");
    const connection = `host=127.0.0.1 port=${forward.port} user=app dbname=postgres sslmode=disable`;
    const child = spawn("psql", ["-Xc", SLEEP, connection], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    for await (const chunk of child.stderr.setEncoding("utf8")) {
      said += String(chunk);
      if (said.includes("it runs")) child.kill("SIGINT");
    }
    assert.match(said, /canceling statement due to user request/);
  });
});

const SLEEP = "do $$ begin raise notice 'it runs'; perform pg_sleep(600); end $$";

async function openPostgres(port: number, who: TestIdentity): Promise<TLSSocket> {
  const socket = connect(port, "127.0.0.1");
  await startTls(socket, {
    protocol: "postgres",
    server: { host: "127.0.0.1", port },
    timeoutMs: PATIENCE_MS,
  });
  return openClient(port, who, { socket });
}

function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  return packet("", Buffer.concat([Buffer.of(0, 3, 0, 0), Buffer.from(`${text.join("")}\0`)]));
}

function cancelRequest(keys: Buffer): Buffer {
  return Buffer.concat([Buffer.from("0000001004d2162e", "hex"), keys]);
}

function query(text: string): Buffer {
  return packet("Q", Buffer.from(`${text}\0`));
}

function packet(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const KEY_DATA = "K\0\0\0\x0c";
const READY = "Z\0\0\0\x05I";

/** All that comes until this did. */
async function heard(client: TLSSocket, end: string): Promise<string> {
  let all = "";
  for await (const chunk of client.iterator({ destroyOnReturn: false })) {
    all += (chunk as Buffer).toString("latin1");
    if (all.includes(end)) break;
  }
  return all;
}
