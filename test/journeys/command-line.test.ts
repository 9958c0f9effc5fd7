import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandTree } from "../../src/cli/verbs.ts";
import { leavesOf } from "../cli/support/leaves.ts";
import { Home } from "../cli/support/serve.ts";
import { makeClient } from "../cli/support/tls-clients.ts";
import { hold, openHomeStore, refused } from "../cli/support/trust.ts";

/** Verbs that serve or connect, to a database too: others run each in processes, in `test/cli/` and here. */
const AT_THE_NETWORK =
  /^(?:serve|connect|gateway|authorizer|ui|join|forward|demo|check-config|trace (?:listen|connect|read)|store (?:copy|snapshots?|compact|nodes|upgrade|migrate))$/;

const SERVER = "gw.example:8443";
const PIN = "sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/** What is typed, and what is printed: each is a process, and reads what the ones before it wrote. */
async function lines(home: Home): Promise<readonly (readonly [string, RegExp])[]> {
  const [anna, ben] = [await makeClient(home, "anna"), await makeClient(home, "ben")];
  const next = await makeClient(home, "ben", { file: "next" });
  await hold(home, ben.pem);
  await hold(home, next.pem);
  await refused(home, ben.pin, "192.0.2.7");
  const { store, operator } = openHomeStore(home);
  const token = await operator.createToken({ peer: "dora", servers: [SERVER], serverPin: PIN });
  const apiToken = await operator.createApiToken({ name: "old", scope: "read", expires: Date.now() + 9e6 });
  await store.close();
  return [
    [`trust add ${anna.cert}`, /^trusted {2}anna {2}/],
    [`trust approve ${ben.pin}`, /^trusted {2}ben {2}/],
    [`trust ignore ${next.pin}`, /^ignored {2}ben \(claimed\) {2}/],
    ["trust list", /^PEER .*\n(?:.*\n)*anna +trusted /],
    ["trust show anna --json", /^\[\{"peer":"anna","state":"trusted",/],
    ["trust rename anna Ada", /^renamed {2}Ada {2}/],
    ["group add admins Ada", /^added {2}Ada {2}admins\n$/],
    ["group list", /^GROUP .*\nadmins +Ada /],
    ["group remove admins Ada", /^removed {2}Ada {2}admins\n$/],
    ["trust set-aside ben", /^set aside {2}ben/],
    ["trust undo 9", /ben/],
    [`trust note ${ben.pin} fair`, /ben/],
    ["trust revoke Ada", /^revoked {2}Ada {2}/],
    [`trust forget ${next.pin}`, /^forgotten {2}ben \(claimed\) {2}/],
    ["trust open --for 10m", /first use/],
    ["trust connections --json", /^\[\]\n$/],
    [`trust export ${home.path("out")}`, /[A-Z2-7-]+\.pem\n$/],
    [`trust import ${home.path("out")} --json`, /^\{"imported":\[\{"peer":"ben"/],
    ["trust events --json", /^\{"sequence":1,.*"type":"token-created"/],
    ["trust audit head", /^\d+ [0-9a-f]{64}\n$/],
    ["trust audit verify", /^ok: \d+ events/],
    [`token create carl --server ${SERVER} --server-pin ${PIN} --json`, /^\{"token":"hc1\./],
    ["token list", /^ID .*\n(?:.*\n)*[0-9a-f]{12} +carl +open /],
    ["api-token create CI --scope read --expires 90d", /^hca1\.[\w-]{43}\n$/],
    ["api-token list", /^ID .*\n[0-9a-f]{12} +CI +read +open /],
    [`api-token cancel ${apiToken.id}`, /^cancelled: the API token old /],
    [`token cancel ${token.id}`, /^cancelled: the token for dora /],
    ["explain LAST", /^A client from 192\.0\.2\.7/],
    ["refusals --json", /^\[\{"peer":/],
    ["store stats", /^.*\n(?:.*\n)*trusted keys +\d/],
    ["store check", /^ok: /],
    [`store backup ${home.path("copy.db")}`, /copy\.db\n$/],
    [`store restore ${home.path("copy.db")}`, /there was nothing to do\n$/],
    ["identity create", /default/],
    ["identity show", /default/],
    ["identity list --json", /^\[\{"name":"default"/],
    ["identity renew", /default/],
    ["identity rotate", /default/],
    ["identity export", /^-----BEGIN CERTIFICATE/],
    [`identity import ${anna.key} ${anna.cert} two`, /two/],
    ["completion bash", /handclasp/],
    ["doctor", /^ok +trust store/m],
  ];
}

describe("the command line", () => {
  it("is wired: every verb that works on the store and on identities runs as a process", async () => {
    using home = new Home();
    const rows = await lines(home);
    for (const [line, expected] of rows) {
      const { code, stdout, stderr } = await home.run(line.split(" "));
      assert.match(stdout, expected, `${line}\n${stderr}`);
      assert.equal(code, 0, `${line}\n${stderr}`);
    }
    const paths = leavesOf(await commandTree()).map(({ path }) => path.join(" "));
    const without = paths.filter(
      (path) => !AT_THE_NETWORK.test(path) && !rows.some(([line]) => `${line} `.startsWith(`${path} `)),
    );
    assert.deepEqual(without, []);
  });
});
