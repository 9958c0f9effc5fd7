import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openStore } from "../../src/store/open-store.ts";
import { DEFAULT_FIRST_USE_LIMITS } from "../../src/trust/limits/first-use-limits.ts";
import type { FirstUse } from "../../src/trust/records/policy.ts";
import { Trust } from "../../src/trust/trust.ts";
import { Home, type RunningServer, startServe, until } from "../cli/support/serve.ts";
import { factsOf } from "../support/certificates.ts";
import { fresh, type KnownCredentials } from "./support/certificates.ts";
import { json } from "./support/cli-lines.ts";
import { forEachOf, knock, strangers } from "./support/flood.ts";
import { stackOf } from "./support/stacks.ts";
import { keysIn } from "../support/listed.ts";

const { burst, perSecond } = DEFAULT_FIRST_USE_LIMITS.perNetwork;
const STRANGERS = 400;
const MOST_PENDING = 50;

interface ListedKey {
  readonly pin: string;
  readonly state: string;
  readonly peer: string | null;
}

/** How many first uses one address may have had by now, since `from` on the clock of `performance.now()`. */
function allowedSince(from: number): number {
  return burst + Math.ceil(((performance.now() - from) / 1000) * perSecond);
}

function refusalsFor({ log }: RunningServer, why: string): number {
  return log.filter(({ reason }) => reason === why).length;
}

describe(`a flood of ${STRANGERS} new keys from one address`, () => {
  for (const firstUse of ["ask", "accept"] as const) {
    describe(`under --first-use ${firstUse}`, () => {
      const home = new Home();
      let server: RunningServer;
      let ada: KnownCredentials;
      let reviewed: KnownCredentials;
      let headBefore: number;
      let allowed: number;
      let outcomes: Awaited<ReturnType<typeof knock>>[];
      let greetings: boolean[];

      before(async () => {
        server = await startServe(home, ["--first-use", firstUse, "--max-pending", String(MOST_PENDING)]);
        ada = await fresh(home, "ada");
        reviewed = await fresh(home, "reviewed");
        for (const { certFile, pin } of [ada, reviewed]) {
          await json(home, "trust", "add", certFile);
          if (pin === reviewed.pin) await json(home, "trust", "ignore", pin);
        }
        headBefore = (await json<{ sequence: number }>(home, "trust", "audit", "head")).sequence;
        const flood = await strangers(STRANGERS);
        const from = performance.now();
        const over = new AbortController();
        const node = stackOf("node", "TLSv1.3");
        const visits = (async () => {
          const greeted: boolean[] = [];
          while (!over.signal.aborted) greeted.push((await node.connect(server.port, ada)).greeted);
          return greeted;
        })();
        outcomes = await forEachOf(flood, 8, (who) => knock(server.port, who));
        allowed = allowedSince(from);
        over.abort();
        greetings = await visits;
      });
      after(async () => {
        await server.stop();
        home[Symbol.dispose]();
      });

      it("is told access_denied, but for as many as one address may bring", async () => {
        const greeted = outcomes.filter((one) => one.greeted).length;
        assert.ok(firstUse === "ask" ? greeted === 0 : greeted >= burst && greeted <= allowed, `${greeted}`);
        assert.ok(outcomes.every((one) => one.greeted || one.alert === 49));
        await until(() => refusalsFor(server, "rate-limited") >= STRANGERS - allowed);
      });

      it("keeps no known client out", () => {
        assert.ok(greetings.length > 1);
        assert.deepEqual(new Set(greetings), new Set([true]));
      });

      it("leaves no more keys pending than --max-pending, and evicts none that was reviewed", async () => {
        const keys = await json<ListedKey[]>(home, "trust", "list");
        const of = (state: string): number => keys.filter((key) => key.state === state).length;
        assert.ok(of("pending") <= MOST_PENDING, `${of("pending")} are pending`);
        assert.equal(of("pending"), firstUse === "ask" ? MOST_PENDING : 0);
        assert.equal(keys.find(({ pin }) => pin === reviewed.pin)?.state, "ignored");
        assert.equal(keys.find(({ pin }) => pin === ada.pin)?.state, "trusted");
      });

      it("adds nothing to the audit chain for those who were refused", async () => {
        const { sequence } = await json<{ sequence: number }>(home, "trust", "audit", "head");
        assert.equal(sequence - headBefore, outcomes.filter(({ greeted }) => greeted).length);
        await json(home, "trust", "audit", "verify");
      });
    });
  }
});

describe("a flood of 2000 new keys that reach the trust store", () => {
  for (const firstUse of ["ask", "accept"] satisfies FirstUse[]) {
    for (const [where, addressOf, most] of [
      ["one address", () => "192.0.2.7", burst],
      ["one IPv6 network", (count: number) => `2001:db8::${count.toString(16)}`, burst],
      [
        "as many addresses",
        (count: number) => `10.0.${count >> 8}.${count & 255}`,
        DEFAULT_FIRST_USE_LIMITS.overall.burst,
      ],
    ] as const) {
      it(`from ${where} is let through ${most} times under ${firstUse}, all within one instant`, async () => {
        using home = new Home();
        await using store = openStore(home.path("trust.db"));
        const now = Date.now();
        const policy = { firstUse };
        await using trust = new Trust(store, {
          policy,
          maxPending: MOST_PENDING,
          now: () => now,
          process: "test",
        });
        const reasons = new Map<string, number>();
        const settling: Promise<unknown>[] = [];
        for (let count = 0; count < 2000 + 1; count++) {
          const showing = {
            certificate: factsOf(`stranger-${count}`),
            caSigned: false,
            remoteAddress: addressOf(count),
          };
          const verdict = trust.judge(showing);
          const what = verdict.decision === "refuse" ? verdict.reason : verdict.decision;
          reasons.set(what, (reasons.get(what) ?? 0) + 1);
          if (verdict.decision === "claim") settling.push(trust.settle(verdict, showing));
        }
        await Promise.all(settling);
        await trust.flush();
        assert.deepEqual(
          reasons,
          new Map([
            [firstUse === "ask" ? "pending" : "claim", most],
            ["rate-limited", 2001 - most],
          ]),
        );
        const states = (await keysIn(store)).map(({ state }) => state);
        assert.equal(states.length, firstUse === "ask" ? MOST_PENDING : most);
        assert.equal(store.head().sequence, firstUse === "ask" ? 0 : most);
        assert.equal(store.check().chain.broken, null);
      });
    }
  }
});
