import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { connect } from "node:tls";
import { readCertificate } from "../../../src/x509/certificate-facts.ts";
import { Home, type RunningServer, startServer } from "../support/serve.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

/** The pin of what a server shows. */
async function shownBy({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  const socket = connect({ host, port, rejectUnauthorized: false });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return readCertificate(certificate?.raw ?? new Uint8Array()).pin;
}

function warnings({ log }: RunningServer): readonly string[] {
  return log.filter(({ event }) => event === "warning").map(({ message }) => String(message));
}

function listener(name: string): string {
  return `[[listener]]\nname = "${name}"\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:1"\n`;
}

describe("A server with a store in memory", { timeout: FILE_PATIENCE_MS }, () => {
  for (const verb of [["serve"], ["gateway", "--to", "127.0.0.1:1"]]) {
    it(`shows the key that it announces: ${verb[0]}`, async () => {
      using home = new Home();
      await using server = await startServer(home, [...verb, "--store", "memory:"]);
      for (const _ of ["at first", "and later"]) assert.equal(await shownBy(server), server.pin);
      assert.ok(!server.log.some(({ event }) => event === "identity-changed"));
    });
  }

  it("shows one key on all listeners, also after a reload", async () => {
    using home = new Home();
    const file = home.path("gateway.toml");
    writeFileSync(file, `store = "memory:"\n${listener("one")}${listener("two")}`);
    await using gateway = await startServer(home, ["gateway", "--config", file]);
    const { pin } = await gateway.logged(({ listener: name }) => name === "two");
    assert.equal(pin, gateway.pin);
    gateway.signal("SIGHUP");
    await gateway.logged(({ event }) => event === "reloaded");
    assert.equal(await shownBy(gateway), gateway.pin);
  });
});

describe("Settings that weaken a server", { timeout: FILE_PATIENCE_MS }, () => {
  const weak = ["--trust-ca", "system", "--validity", "ignore", "--client-certificate", "none"];

  it("are warned of by gateway as by serve", async () => {
    using home = new Home();
    await using serve = await startServer(home, ["serve", ...weak]);
    await using gateway = await startServer(home, ["gateway", "--to", "127.0.0.1:1", ...weak]);
    const said = warnings(serve);
    assert.deepEqual(
      said.map((text) => text.split(" lets ")[0]),
      ["--trust-ca system", "--validity ignore", "--client-certificate none"],
    );
    assert.deepEqual(warnings(gateway), said);
  });

  it("are warned of for each listener of a file, also of one that comes with a reload", async () => {
    using home = new Home();
    const file = home.path("gateway.toml");
    const text =
      '[[listener]]\nname = "one"\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:1"\nvalidity = "ignore"\n';
    writeFileSync(file, text);
    await using gateway = await startServer(home, ["gateway", "--config", file]);
    const first = 'validity = "ignore" of the listener "one" lets in';
    assert.ok(warnings(gateway)[0]?.startsWith(first));
    writeFileSync(
      file,
      text + text.replace("one", "two").replace("validity", "# validity") + 'trust_ca = "system"\n',
    );
    gateway.signal("SIGHUP");
    await gateway.logged(({ message }) =>
      String(message).startsWith('trust_ca = "system" of the listener "two"'),
    );
    assert.equal(warnings(gateway).filter((warning) => warning.startsWith(first)).length, 1);
  });
});
