import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Home, type RunningServer, startServe } from "../cli/support/serve.ts";
import { byOpenssl, type Credentials, fresh, pinOf, withChain } from "./support/certificates.ts";
import { stackOf, type TlsVersion } from "./support/stacks.ts";

interface ListedKey {
  readonly peer: string | null;
  readonly state: string;
  readonly pin: string;
}

const GREETED = { alert: null, greeted: true };

function refusedWith(alert: number): { alert: number; greeted: boolean } {
  return { alert, greeted: false };
}

/** The story of one server that is never restarted, told by `openssl s_client`. */
function story(version: TlsVersion): void {
  const home = new Home();
  const openssl = stackOf("openssl", version);
  let server: RunningServer;
  let ada: Credentials;

  const show = async (who: Credentials | undefined): Promise<{ alert: number | null; greeted: boolean }> => {
    const { alert, greeted } = await openssl.connect(server.port, who);
    return { alert, greeted };
  };
  const events = (): readonly string[] => server.log.map(({ event }) => event);
  const trust = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await home.run(["trust", ...args]);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  const signedByAda = (subject: string): Promise<Credentials> => {
    return byOpenssl(home, subject, { issuer: ada });
  };
  const listed = async (who: Credentials): Promise<ListedKey | undefined> => {
    const keys = JSON.parse(await trust("list", "--json")) as ListedKey[];
    return keys.find(({ pin }) => pin === pinOf(who));
  };

  before(async () => {
    server = await startServe(home, ["--client-certificate", "required"]);
    // Whatever openssl makes when it is asked for a self-signed certificate: a CA, that is.
    ada = await byOpenssl(home, "/CN=ada");
  });
  after(async () => {
    await server.stop();
    home[Symbol.dispose]();
  });

  it("accepts the first", async () => {
    assert.deepEqual(await show(ada), GREETED);
    await server.logged(({ event }) => event === "met");
    assert.deepEqual(events(), ["listening", "met"]);
  });

  it("recognises it the second time", async () => {
    assert.deepEqual(await show(ada), GREETED);
    await server.logged(({ event }) => event === "recognised");
    assert.deepEqual(events().slice(2), ["recognised"]);
  });

  it("refuses another key with the same CN with alert 46", async () => {
    assert.deepEqual(await show(await byOpenssl(home, "/CN=ada")), refusedWith(46));
    assert.deepEqual(await show(ada), GREETED);
  });

  describe("does not let in what a pinned CA:TRUE certificate has signed:", () => {
    let made: number;
    before(async () => {
      made = (JSON.parse(await trust("list", "--json")) as ListedKey[]).length;
      const admin = await fresh(home, "admin");
      await trust("add", admin.certFile);
    });

    it("CN=admin alone", async () => {
      const admin = await signedByAda("/CN=admin");
      assert.deepEqual(await show(admin), refusedWith(46));
      assert.equal((await listed(admin))?.state, "pending");
    });

    it("CN=admin followed by the pinned certificate", async () => {
      const admin = await signedByAda("/CN=admin");
      assert.deepEqual(await show(withChain(home, admin, ada)), refusedWith(46));
      assert.equal((await listed(admin))?.state, "pending");
    });

    it("CN=ada followed by the pinned certificate", async () => {
      const other = await signedByAda("/CN=ada");
      assert.deepEqual(await show(withChain(home, other, ada)), refusedWith(46));
      assert.equal((await listed(other))?.state, "pending");
    });

    it("a name without anybody, once strangers have to ask", async () => {
      using asking = new Home();
      await using strict = await startServe(asking, ["--first-use", "ask"]);
      const added = await asking.run(["trust", "add", ada.certFile]);
      assert.equal(added.code, 0, added.stderr);
      const nobody = await signedByAda("/CN=nobody");
      for (const who of [nobody, withChain(home, nobody, ada)]) {
        const { alert, greeted } = await openssl.connect(strict.port, who);
        assert.deepEqual({ alert, greeted }, refusedWith(49));
      }
      assert.equal((await openssl.connect(strict.port, ada)).greeted, true);
    });

    it("and none of them is trusted for it", async () => {
      const keys = JSON.parse(await trust("list", "--json")) as ListedKey[];
      assert.equal(keys.length, made + 4);
      const trusted = keys.filter(({ state }) => state === "trusted").map(({ peer }) => peer);
      assert.deepEqual(new Set(trusted), new Set(["ada", "admin"]));
    });
  });

  it("refuses it with alert 44 once it is revoked", async () => {
    await trust("revoke", pinOf(ada));
    assert.deepEqual(await show(ada), refusedWith(44));
  });

  it(`refuses a client without a certificate with ${version === "TLSv1.3" ? 116 : 40}`, async () => {
    assert.deepEqual(await show(undefined), refusedWith(version === "TLSv1.3" ? 116 : 40));
  });

  it("is still the same process, and its chain of events is whole", async () => {
    assert.equal(events().filter((event) => event === "listening").length, 1);
    assert.match(await trust("audit", "verify"), /^ok: /);
  });
}

describe("one server that is never restarted, in TLS 1.3", () => story("TLSv1.3"));
describe("one server that is never restarted, in TLS 1.2", () => story("TLSv1.2"));

describe("one server that asks about strangers and is never restarted", () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`refuses one with alert 49 in ${version}, and lets it in once it is approved`, async () => {
      using home = new Home();
      await using server = await startServe(home, ["--first-use", "ask"]);
      const openssl = stackOf("openssl", version);
      const ada = await byOpenssl(home, "/CN=ada");
      assert.equal((await openssl.connect(server.port, ada)).alert, 49);
      assert.equal((await openssl.connect(server.port, ada)).alert, 49);
      const { code, stderr } = await home.run(["trust", "approve", "ada"]);
      assert.equal(code, 0, stderr);
      const { alert, greeted } = await openssl.connect(server.port, ada);
      assert.deepEqual({ alert, greeted }, { alert: null, greeted: true });
      await server.logged(({ event }) => event === "recognised");
      assert.deepEqual(
        server.log.map(({ event, reason }) => reason ?? event),
        ["listening", "pending", "pending", "recognised"],
      );
    });
  }
});
