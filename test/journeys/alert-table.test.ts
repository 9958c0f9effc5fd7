import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Home, type RunningServer, startServe } from "../cli/support/serve.ts";
import { byOpenssl, type Credentials, fresh } from "./support/certificates.ts";
import { forEachOf, knock, strangers } from "./support/flood.ts";
import { ROWS, Stage } from "./support/refusal-rows.ts";
import { SlowHome } from "./support/slow-home.ts";
import { MISSING_PROGRAMS, STACKS } from "./support/stacks.ts";

describe("the alert that a refused client reads", () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage[Symbol.asyncDispose]());

  for (const program of MISSING_PROGRAMS) it(`is read by ${program}`, { skip: "it is not installed" });

  for (const row of ROWS) {
    describe(`for ${row.what} (${row.reason})`, () => {
      for (const stack of STACKS) {
        const number = row.alert[stack.version];
        const unable = row.unable?.[stack.name];
        const who = `${stack.name} in ${stack.version}`;
        it(
          unable === undefined ? `is ${number} for ${who}` : `is none for ${who}, which cannot send it`,
          async () => {
            const server = stage.server(row.server);
            const shown = await stage.shownFor(row);
            const from = server.log.length;
            const { alert, greeted, said } = await stack.connect(server.port, shown, {
              weak: row.weak ?? false,
            });
            assert.equal(greeted, false);
            if (unable !== undefined) {
              assert.match(said, unable);
              return;
            }
            assert.equal(alert, number, said);
            await server.logged((line) => server.log.indexOf(line) >= from && line.event === "refused");
            const refusals = server.log.slice(from).filter(({ event }) => event === "refused");
            assert.deepEqual(
              refusals.map(({ reason }) => reason),
              [row.reason],
            );
          },
        );
      }
    });
  }
});

/** The default of one source address. */
const FIRST_USES_AT_ONCE = 300;

describe("the alert that a stranger reads when too many came before", () => {
  for (const firstUse of ["ask", "accept"] as const) {
    describe(`under --first-use ${firstUse} (rate-limited)`, () => {
      const floodedHome = new SlowHome();
      let server: RunningServer;
      before(async () => {
        server = await startServe(floodedHome, ["--first-use", firstUse]);
        await forEachOf(await strangers(FIRST_USES_AT_ONCE), 8, (who) => knock(server.port, who));
      });
      after(async () => {
        await server.stop();
        floodedHome[Symbol.dispose]();
      });

      for (const stack of STACKS) {
        it(`is 49 for ${stack.name} in ${stack.version}`, async () => {
          // Of those before, some may not have come as far as to take a token.
          for (let tries = 0; tries < 20; tries++) {
            const who = await fresh(floodedHome, `ruth-${stack.name}-${stack.version}-${tries}`);
            const { alert, greeted, said } = await stack.connect(server.port, who);
            const { event, reason } = await server.logged(({ pin }) => pin === who.pin);
            if (event === "met" || reason === "pending") continue;
            assert.deepEqual(
              { reason, alert, greeted },
              { reason: "rate-limited", alert: 49, greeted: false },
              said,
            );
            return;
          }
          assert.fail("the strangers before left the bucket full");
        });
      }
    });
  }
});

describe("a key on a curve that OpenSSL refuses by itself", () => {
  const home = new Home();
  let server: RunningServer;
  let odd: Credentials;
  before(async () => {
    server = await startServe(home, ["--client-certificate", "required"]);
    odd = await byOpenssl(home, "/CN=odd", { curve: "secp256k1" });
  });
  after(async () => {
    await server.stop();
    home[Symbol.dispose]();
  });

  for (const stack of STACKS) {
    const { name, version } = stack;
    if (name === "gnutls") {
      it(`cannot be sent by gnutls in ${version}, which does not know the curve`, async () => {
        assert.match((await stack.connect(server.port, odd)).said, /The curve is unsupported/);
      });
    } else if (version === "TLSv1.3") {
      // RFC 8446 §4.2.3 has no signature scheme for it.
      it(`is withheld by ${name} in TLSv1.3, so that the server has no certificate (116)`, async () => {
        const { alert, greeted, said } = await stack.connect(server.port, odd);
        assert.deepEqual({ alert, greeted }, { alert: 116, greeted: false }, said);
      });
    } else {
      it(`gets illegal_parameter (47) from OpenSSL for ${name} in TLSv1.2`, async () => {
        const { alert, greeted, said } = await stack.connect(server.port, odd);
        assert.deepEqual({ alert, greeted }, { alert: 47, greeted: false }, said);
      });
    }
  }

  it("leaves no trace in the store", async () => {
    assert.deepEqual(JSON.parse((await home.run(["trust", "list", "--json"])).stdout), []);
  });
});
