import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { parseEvent } from "../../../src/trust/records/events.ts";
import type { Concern, Endorser } from "../../../src/trust/records/verdict.ts";
import { Trust } from "../../../src/trust/trust.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { readEndorsement } from "../../../src/x509/endorsement.ts";
import { identity } from "../../guard/support/identities.ts";
import { eventsIn } from "../../support/listed.ts";
import { type Shown, successorOf, successorsOf } from "../../support/successor.ts";

const DAY_MS = 24 * 3600 * 1000;
const ADDRESS = "a.example:443";

/** What a judge says of a key, in the words that both have. */
interface Said {
  readonly decision: "admit" | "claim" | "refuse";
  readonly reason?: string;
  readonly endorsedBy?: Endorser;
  readonly concern?: Concern;
}

/** Meets keys, and remembers what is to be remembered. */
interface Judge {
  readonly store: TrustStore;
  meet(facts: CertificateFacts): Promise<Said>;
}

/** Keys as clients have them. */
function ofClients(store: TrustStore, now: () => number): Judge {
  const trust = new Trust(store, { now, process: "test", policy: { firstUse: "accept" } });
  return {
    store,
    async meet(certificate) {
      const endorsement = readEndorsement(certificate);
      const showing = { certificate, caSigned: false, remoteAddress: "192.0.2.7", endorsement };
      const verdict = trust.judge(showing);
      if (verdict.decision === "claim") await trust.settle(verdict, showing);
      await trust.flush();
      return verdict;
    },
  };
}

/** The same keys, as servers have them. */
function ofServers(store: TrustStore, now: () => number): Judge {
  const servers = new KnownServers(store, { now, process: "test" });
  return {
    store,
    async meet(facts) {
      const verdict = servers.judge(ADDRESS, facts, "accept");
      if (verdict.decision === "claim") await servers.remember(ADDRESS, facts, verdict);
      if (verdict.decision === "refuse") await servers.refuse(ADDRESS, facts, verdict);
      return verdict;
    },
  };
}

type Scene = Judge & { readonly operator: Operator; readonly wait: (ms: number) => void };

interface Case {
  readonly when: string;
  /** Makes the keys, of which the last one is judged. */
  readonly keys?: (old: Shown) => Promise<readonly Shown[]>;
  /** What was done since the first one was met. */
  readonly since?: (scene: Scene, line: readonly Shown[]) => Promise<unknown>;
  /** The one in whose place the last one comes. */
  readonly follows?: number;
  readonly problem?: string;
  /** The one that the problem is about; default the first. */
  readonly about?: number;
  /** Nobody has the name any more: it comes as a stranger. */
  readonly isFree?: boolean;
  readonly leavesEvent?: boolean;
}

const successor = async (old: Shown): Promise<readonly Shown[]> => [old, await successorOf(old)];

const CASES: readonly Case[] = [
  { when: "a trusted key endorsed it", follows: 0 },
  {
    when: "a trusted key endorsed the one that endorsed it",
    keys: async (old) => successorsOf(old, 2),
    follows: 0,
  },
  { when: "its endorsement has four links", keys: async (old) => successorsOf(old, 4), follows: 0 },
  {
    when: "its newest link is the one that is known, and there are older ones",
    keys: async (old) => successorsOf(old, 2),
    since: async (scene, [, next]) => scene.meet(next?.facts ?? assert.fail()),
    follows: 1,
  },
  {
    when: "somebody else signed",
    keys: async (old) => [old, await successorOf(old, { signer: await identity("mallory") })],
    problem: "bad-endorsement",
  },
  {
    when: "nobody knows who endorsed it",
    keys: async (old) => successorsOf(old, 5),
    problem: "endorsed-by-unknown",
    about: 4,
  },
  {
    when: "a revoked key endorsed it",
    since: async ({ operator }, [old]) => operator.revoke(pinOf(old)),
    problem: "endorsed-by-revoked",
    leavesEvent: true,
  },
  {
    when: "a retired key endorsed it",
    since: async (scene, [old]) => scene.meet((await successorOf(old ?? assert.fail())).facts),
    problem: "endorsed-by-retired",
    leavesEvent: true,
  },
  {
    when: "an ignored key endorsed it",
    since: async ({ operator }, [old]) => operator.ignore(pinOf(old)),
    problem: "endorsed-by-ignored",
    leavesEvent: true,
  },
  {
    when: "a key that was set aside endorsed it",
    since: async ({ operator }, [old]) => operator.setAside(pinOf(old)),
    problem: "endorsed-by-set-aside",
    leavesEvent: true,
  },
  {
    when: "the approval of the key that endorsed it is over",
    since: async ({ operator, wait }, [old]) => {
      await operator.approve(pinOf(old), { expires: DAY_MS });
      wait(2 * DAY_MS);
    },
    problem: "endorsed-by-expired",
    leavesEvent: true,
  },
  {
    when: "it was endorsed before the key that did was trusted again",
    since: async ({ operator, wait }, [old]) => {
      await operator.revoke(pinOf(old));
      wait(DAY_MS);
      await operator.approve(pinOf(old));
    },
    problem: "endorsement-outdated",
    leavesEvent: true,
  },
  {
    when: "it was endorsed the day after tomorrow",
    keys: async (old) => [old, await successorOf(old, { issuedAt: Date.now() + 2 * DAY_MS })],
    problem: "endorsement-not-yet-valid",
    leavesEvent: true,
  },
  {
    when: "the key that endorsed it was forgotten",
    since: async ({ operator }, [old]) => operator.forget(pinOf(old)),
    problem: "endorsed-by-forgotten",
    isFree: true,
    leavesEvent: true,
  },
];

function pinOf(shown: Shown | undefined): string {
  return (shown ?? assert.fail()).facts.pin;
}

async function noted(store: TrustStore): Promise<readonly unknown[]> {
  const events = (await eventsIn(store)).flatMap(({ json }) => parseEvent(json) ?? []);
  return events.filter(({ type }) => type === "endorsement-refused").map(({ details }) => details);
}

for (const [whose, judgeOf] of [
  ["clients", ofClients],
  ["servers", ofServers],
] as const) {
  describe(`an endorsed key, one of ${whose}`, () => {
    for (const each of CASES) {
      const { when, keys = successor, follows, problem, isFree = false } = each;
      it(follows === undefined ? `replaces none when ${when}` : `is followed when ${when}`, async () => {
        await using store = openMemoryStore();
        let ahead = 0;
        const now = (): number => Date.now() + ahead;
        const judge = judgeOf(store, now);
        const operator = new Operator(store, { now, process: "test", user: null });
        const line = await keys(await identity("server"));
        await judge.meet((line[0] ?? assert.fail()).facts);
        await each.since?.({ ...judge, operator, wait: (ms) => (ahead += ms) }, line);
        const before = (await noted(store)).length;
        const { decision, reason, endorsedBy, concern } = await judge.meet(
          (line.at(-1) ?? assert.fail()).facts,
        );
        if (follows !== undefined) {
          assert.deepEqual([decision, endorsedBy?.pin], ["claim", pinOf(line[follows])]);
          return;
        }
        const about = pinOf(line[each.about ?? 0]);
        assert.deepEqual(concern, { about, problem });
        assert.equal(endorsedBy, undefined);
        assert.equal(decision === "refuse" ? reason : decision, isFree ? "claim" : "key-changed");
        const left = each.leavesEvent === true ? [{ problem, endorsedBy: about }] : [];
        assert.deepEqual((await noted(store)).slice(before), left);
      });
    }
  });
}

describe("judgeServer", () => {
  it("says that a key's time is over wherever it is met, whatever else is known there", async () => {
    await using store = openMemoryStore();
    const later = (): number => Date.now() + 2 * DAY_MS;
    const operator = new Operator(store, { now: Date.now, process: "test", user: null });
    const [server, other] = [await identity("server"), await identity("other")];
    const servers = new KnownServers(store, { now: Date.now, process: "test" });
    await servers.remember(ADDRESS, server.facts);
    await servers.remember("b.example:443", other.facts);
    await operator.approve(server.facts.pin, { expires: DAY_MS });
    const judged = new KnownServers(store, { now: later, process: "test" });
    for (const address of [ADDRESS, "b.example:443", "c.example:443"]) {
      const verdict = judged.judge(address, server.facts, "accept");
      assert.equal(verdict.decision === "refuse" && verdict.reason, "expired", address);
    }
  });
});
