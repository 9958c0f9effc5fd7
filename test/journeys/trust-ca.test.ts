import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Home, type RunningServer, runToEnd, startServe } from "../cli/support/serve.ts";
import { byOpenssl, type Credentials, fresh, pinOf, withChain } from "./support/certificates.ts";
import { json } from "./support/cli-lines.ts";
import { HeldConnection } from "./support/held-connection.ts";
import { stackOf } from "./support/stacks.ts";
import { TICKET_CLIENTS } from "./support/tickets.ts";

interface ListedKey {
  readonly pin: string;
  readonly state: string;
  readonly source: string;
}

const GREETED = { alert: null, greeted: true };
/** Purposes of a certificate whose owner may sign further ones. */
const MAY_SIGN = ["-addext", "basicConstraints=critical,CA:TRUE"];

/** What `serve --trust-ca` does with certificates that a CA signed; the simple cases are in test/cli. */
for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  describe(`clients of a CA that the operator trusts, in ${version}`, () => {
    const home = new Home();
    const openssl = stackOf("openssl", version);
    let authority: Credentials;
    let server: RunningServer;
    before(async () => {
      authority = await byOpenssl(home, "/CN=The CA");
      server = await startServe(home, ["--trust-ca", authority.certFile, "--first-use", "refuse"]);
    });
    after(async () => {
      await server.stop();
      home[Symbol.dispose]();
    });

    const signed = (name: string): Promise<Credentials> => {
      return byOpenssl(home, `/CN=${name}`, { issuer: authority });
    };
    const show = async (who: Credentials): Promise<{ alert: number | null; greeted: boolean }> => {
      const { alert, greeted } = await openssl.connect(server.port, who);
      return { alert, greeted };
    };
    const listed = async (who: Credentials): Promise<ListedKey | undefined> => {
      const pin = pinOf(who);
      return (await json<ListedKey[]>(home, "trust", "list")).find((key) => key.pin === pin);
    };

    it("are met without review, as the CA's, where no stranger is", async () => {
      const ada = await signed("ada");
      assert.deepEqual(await show(ada), GREETED);
      const { state, source } = (await listed(ada)) ?? {};
      assert.deepEqual({ state, source }, { state: "trusted", source: "ca" });
      assert.deepEqual(await show(await fresh(home, "stranger")), { alert: 48, greeted: false });
    });

    it("do not get a name that another key has, whoever signed it", async () => {
      const first = await fresh(home, "bound");
      await json(home, "trust", "add", first.certFile);
      assert.deepEqual(await show(await signed("bound")), { alert: 46, greeted: false });
      assert.deepEqual(await show(first), GREETED);
    });

    it("count with a CA between them and the operator's only if they send it along", async () => {
      const between = await byOpenssl(home, "/CN=Between", {
        issuer: authority,
        flags: MAY_SIGN,
        copyExtensions: true,
      });
      const leaf = await byOpenssl(home, "/CN=leaf", { issuer: between });
      assert.deepEqual(await show(leaf), { alert: 48, greeted: false });
      assert.deepEqual(await show(withChain(home, leaf, between)), GREETED);
    });

    it("cannot sign further ones without being a CA", async () => {
      const client = await byOpenssl(home, "/CN=client", {
        issuer: authority,
        flags: ["-addext", "basicConstraints=critical,CA:FALSE"],
        copyExtensions: true,
      });
      const child = await byOpenssl(home, "/CN=child", { issuer: client });
      assert.deepEqual(await show(withChain(home, child, client)), { alert: 48, greeted: false });
    });

    it("are strangers when the CA made their certificate for servers only", async () => {
      const flags = ["-addext", "extendedKeyUsage=serverAuth"];
      const who = await byOpenssl(home, "/CN=web", { issuer: authority, flags, copyExtensions: true });
      assert.deepEqual(await show(who), { alert: 48, greeted: false });
    });

    it("cannot be made by somebody whose own CA:TRUE certificate is pinned", async () => {
      const pinned = await byOpenssl(home, "/CN=pinned");
      await json(home, "trust", "add", pinned.certFile);
      assert.deepEqual(await show(pinned), GREETED);
      const admin = await byOpenssl(home, "/CN=admin", { issuer: pinned });
      for (const who of [admin, withChain(home, admin, pinned), withChain(home, admin, pinned, authority)]) {
        assert.deepEqual(await show(who), { alert: 48, greeted: false });
      }
    });

    it("are not made by a CA of the same name", async () => {
      const namesake = await byOpenssl(home, "/CN=The CA");
      const forged = await byOpenssl(home, "/CN=forged", { issuer: namesake });
      assert.deepEqual(await show(forged), { alert: 48, greeted: false });
      assert.deepEqual(await show(withChain(home, forged, authority)), { alert: 48, greeted: false });
    });

    for (const client of TICKET_CLIENTS.filter((one) => one.version === version)) {
      it(`are recognised by a ticket of ${client.name}, until they are revoked`, async () => {
        const who = await signed(`resumes with ${client.name}`);
        await using ticket = await client.obtain(home, server.port, who);
        const { greeted, resumed, said } = await ticket.use(who);
        assert.deepEqual({ greeted, resumed }, { greeted: true, resumed: true }, said);
        using held = await HeldConnection.open(server.port, who);
        await json(home, "trust", "revoke", pinOf(who));
        await held.closedAt;
        const refused = await ticket.use(who);
        assert.deepEqual({ alert: refused.alert, greeted: refused.greeted }, { alert: 44, greeted: false });
        assert.deepEqual(await show(who), { alert: 44, greeted: false });
      });

      it(`are not those who resume an anonymous session with ${client.name}`, async () => {
        await using ticket = await client.obtain(home, server.port, undefined);
        const from = server.log.length;
        const { greeted, resumed } = await ticket.use(undefined);
        assert.deepEqual({ greeted, resumed }, { greeted: true, resumed: true });
        await server.logged((line) => server.log.indexOf(line) >= from);
        assert.equal(server.log[from]?.event, "anonymous");
      });
    }

    it("are not told the names of CAs, nor of peers", async () => {
      const flag = version === "TLSv1.3" ? "-tls1_3" : "-tls1_2";
      const { stdout } = await runToEnd(
        "openssl",
        ["s_client", "-connect", server.address, "-ign_eof", flag],
        { input: "x\n" },
      );
      assert.match(stdout, /No client certificate CA names sent/);
      assert.doesNotMatch(stdout, /The CA/);
    });
  });
}
