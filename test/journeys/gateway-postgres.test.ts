import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { describe, it } from "node:test";
import { Home, runToEnd, type RunResult } from "../cli/support/serve.ts";
import { identity, inFiles } from "../guard/support/identities.ts";
import { startGateway } from "./support/gateway.ts";
import { Postgres } from "./support/postgres.ts";
import { withoutPrograms } from "./support/quarters.ts";

const ada = await identity("ada");
const bob = await identity("bob");

/** psql at a port of this machine, with what its connection string says besides. */
function psql(port: number, parameters: string, command: string): Promise<RunResult> {
  const connection = `host=127.0.0.1 port=${port} user=app dbname=postgres ${parameters}`;
  return runToEnd("psql", ["-XAtc", command, connection]);
}

const PROGRAMS = withoutPrograms("postgresql", "psql", "postgres", "initdb");

describe("PostgreSQL behind a gateway that its clients ask for TLS", PROGRAMS, () => {
  it("is reached by psql with its own client certificate, and by nobody without", async () => {
    using home = new Home();
    await using postgres = await Postgres.start();
    await using gateway = await startGateway(home, `127.0.0.1:${postgres.port}`, "--starttls", "postgres");
    const files = (of: typeof ada): string => {
      const { certFile, keyFile } = inFiles(home.folder, of);
      // libpq wants that.
      chmodSync(keyFile, 0o600);
      return `sslmode=require sslcert=${certFile} sslkey=${keyFile}`;
    };
    const { stdout, stderr } = await psql(gateway.port, files(ada), "select 1 + 1");
    assert.equal(stdout, "2\n", stderr);
    const without = await psql(gateway.port, "sslmode=require", "select 1");
    assert.match(without.stderr, /alert certificate required/);
    const plain = await psql(gateway.port, "sslmode=disable", "select 1");
    assert.match(plain.stderr, /FATAL: +this server is for connections with TLS and a client certificate/);
    assert.match(plain.stderr, /HINT: +Connect with sslmode=require sslcert=FILE sslkey=FILE/);
    await home.run(["trust", "revoke", "ada", "--yes"]);
    const revoked = await psql(gateway.port, files(ada), "select 1");
    assert.match(revoked.stderr, /alert certificate revoked/);
    const other = await psql(gateway.port, files(bob), "select 1");
    assert.equal(other.stdout, "1\n", other.stderr);
  });
});
