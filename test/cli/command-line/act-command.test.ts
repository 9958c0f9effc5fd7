import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { actCommand } from "../../../src/cli/command-line/act-command.ts";
import { type OperatorAct, perform } from "../../../src/operator/act.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { parseEvent } from "../../../src/trust/records/events.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { createTokenOf } from "../../../src/testing/contract/join-tokens.ts";
import { factsOf } from "../../support/certificates.ts";
import { runHere } from "../support/run-here.ts";
import { Home } from "../support/serve.ts";
import { openHomeStore } from "../support/trust.ts";

const NOW = Date.now();
const DAY_MS = 24 * 3600 * 1000;
const ANNA = factsOf("anna");
const BEN = factsOf("ben");
const DASH = factsOf("-rf");
const PAUL = factsOf("paul");
const RIVAL = factsOf("anna");
const SERVER = ["gw.example:8443", "[::1]:443"];
const TOKEN = "ab".repeat(16);
const API_TOKEN = "cd".repeat(16);
const HOSTILE = 'it\'s $(touch x) `y` "z"\\ ; & | > * ~';

/** Every act there is, in all that can be said of it. */
const ACTS: { readonly [Act in OperatorAct["act"]]: readonly (OperatorAct & { readonly act: Act })[] } = {
  approve: [
    { act: "approve", key: PAUL.pin },
    { act: "approve", key: PAUL.pin, name: HOSTILE, expires: NOW + 90 * DAY_MS + 1, compared: "scan" },
    { act: "approve", key: PAUL.pin, name: "--json", expires: null, onConflict: "fail" },
    { act: "approve", key: RIVAL.pin, onConflict: "replace" },
    { act: "approve", key: RIVAL.pin, onConflict: "add" },
  ],
  revoke: [
    { act: "revoke", key: BEN.pin },
    { act: "revoke", key: "-rf" },
  ],
  ignore: [{ act: "ignore", key: PAUL.pin }],
  "set-aside": [{ act: "set-aside", key: "anna" }],
  forget: [{ act: "forget", key: BEN.pin }],
  rename: [
    { act: "rename", key: "anna", peer: HOSTILE },
    { act: "rename", key: "-rf", peer: "--yes" },
  ],
  note: [
    { act: "note", key: ANNA.pin, text: `${HOSTILE}, 'twice'` },
    { act: "note", key: ANNA.pin, text: "" },
    { act: "note", key: ANNA.pin, text: "-" },
  ],
  undo: [{ act: "undo", event: 5 }],
  "add-to-group": [{ act: "add-to-group", group: "-lab '7'", key: "anna" }],
  "remove-from-group": [{ act: "remove-from-group", group: "ops", key: "ben" }],
  "open-window": [
    { act: "open-window", forMs: 600_000 },
    { act: "open-window", forMs: 90_000 },
    { act: "open-window", forMs: 600_000, max: 12, from: "2001:db8::/32" },
    { act: "open-window", forMs: 600_000, max: null, from: null },
  ],
  "close-window": [{ act: "close-window" }],
  "create-token": [
    { act: "create-token", peer: "carl", server: SERVER, serverPin: ANNA.pin },
    {
      act: "create-token",
      peer: "-anna's",
      server: SERVER,
      serverPin: ANNA.pin,
      forMs: 7 * DAY_MS,
      from: "192.0.2.0/24",
    },
    { act: "create-token", peer: "anna", server: SERVER, serverPin: ANNA.pin, replace: true },
    {
      act: "create-token",
      peer: "erik",
      server: SERVER,
      serverPin: ANNA.pin,
      groups: ["lab", "-night shift"],
    },
  ],
  "cancel-token": [{ act: "cancel-token", id: TOKEN }],
  "create-api-token": [
    { act: "create-api-token", name: "-the CI's", scope: "approve", expires: NOW + 90 * DAY_MS },
  ],
  "cancel-api-token": [{ act: "cancel-api-token", id: API_TOKEN }],
};

async function fill(home: Home): Promise<void> {
  const { store, operator } = openHomeStore(home);
  await using _ = store;
  const at = NOW - DAY_MS;
  for (const facts of [ANNA, BEN, DASH]) await store.apply(claimOf(facts, { at }));
  await store.apply(claimOf(RIVAL, { at, pendingExpires: NOW + DAY_MS }));
  await operator.addToGroup("ops", "ben");
  await operator.setAside("-rf");
  const actor = { user: null, process: "serve 1", address: "192.0.2.1", listener: null };
  const { certificate } = claimOf(PAUL, { at });
  const limits = { conflictsWith: null, pendingExpires: NOW + DAY_MS, maxPending: 9 };
  await store.apply({ type: "hold", at, actor, peer: "paul", certificate, ...limits });
  await store.apply(createTokenOf("dora", { id: TOKEN, serverPin: ANNA.pin, expires: NOW + DAY_MS }));
  const token = {
    id: API_TOKEN,
    hash: "0".repeat(64),
    name: "old",
    scope: "read",
    expires: NOW + DAY_MS,
  } as const;
  await store.apply({ type: "create-api-token", at, actor, token });
}

/** All that acts can change, but for what chance or the clock decide. */
async function contentOf(store: TrustStore): Promise<object> {
  const { items: keys } = await store.listKeys();
  const { items: tokens } = await store.listTokens();
  const { items: apiTokens } = await store.listApiTokens();
  const { items: events } = await store.listEvents();
  const window = store.firstUseWindow();
  return {
    window: window && { ...window, until: window.until > Date.now() + 60_000 },
    keys: keys.map((key) => ({ ...key, lastSeen: null, endorsesFrom: key.endorsesFrom > 0 })),
    members: (await store.listMembers()).items.map(({ group, peer }) => ({ group, peer })),
    tokens: tokens.map(({ peer, from, replace, serverPin, expires, createdAt, cancelledAt }) => {
      const seconds = Math.ceil((expires - createdAt) / 1000);
      return { peer, from, replace, serverPin, seconds, isCancelled: cancelledAt !== null };
    }),
    apiTokens: apiTokens.map(({ name, scope, expires, cancelledAt }) => {
      return { name, scope, expires, isCancelled: cancelledAt !== null };
    }),
    events: events.map(({ json }) => parseEvent(json)?.type),
  };
}

/** The words that a shell makes of a command line: nothing of it is run. */
function wordsOf(command: string): readonly string[] {
  const script = `handclasp() { for word; do printf '%s\\0' "$word"; done; }\n${command}`;
  const { stdout, stderr, status } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  assert.deepEqual({ stderr, status }, { stderr: "", status: 0 }, command);
  return stdout.split("\0").slice(0, -1);
}

/** In the other home's store: what is compared is the command and the act. */
function withStore(words: readonly string[], home: Home, other: Home): readonly string[] {
  const named = `sqlite:${home.store}`;
  assert.ok(words.includes(named), words.join(" "));
  return words.map((word) => (word === named ? other.store : word));
}

describe("the command line of an act", () => {
  const filled = new Home();
  before(() => fill(filled));
  after(() => filled[Symbol.dispose]());

  for (const act of Object.values<readonly OperatorAct[]>(ACTS).flat()) {
    it(`does the same: ${JSON.stringify(act)}`, async () => {
      using home = new Home();
      using other = new Home();
      for (const one of [home, other]) cpSync(filled.folder, one.folder, { recursive: true });
      const command = actCommand(act, StoreUrl.parse(home.store));
      const { code, stderr } = await runHere(other, withStore(wordsOf(command), home, other));
      assert.equal(code, 0, `${command}\n${stderr}`);
      const [mine, theirs] = [openHomeStore(home), openHomeStore(other)];
      await using store = mine.store;
      await using run = theirs.store;
      await perform(mine.operator, act);
      assert.deepEqual(await contentOf(run), await contentOf(store), command);
    });
  }

  it("names the store where it is not the one that is the default", () => {
    const [one, data] = [new Home(), process.env["XDG_DATA_HOME"]];
    process.env["XDG_DATA_HOME"] = one.folder;
    try {
      const act = { act: "undo", event: 7 } as const;
      assert.equal(actCommand(act, StoreUrl.parse(one.store)), "handclasp trust undo 7");
      assert.equal(
        actCommand(act, StoreUrl.parse("/var/lib/my store/trust.db")),
        "handclasp trust undo --store 'sqlite:/var/lib/my store/trust.db' 7",
      );
    } finally {
      if (data === undefined) delete process.env["XDG_DATA_HOME"];
      else process.env["XDG_DATA_HOME"] = data;
      one[Symbol.dispose]();
    }
  });

  it("is one line of a shell whatever is in it", () => {
    for (const text of [HOSTILE, "", "'", "\\'", "a\nb", "$'\\x41'", randomUUID(), "\u202eanna"]) {
      const words = wordsOf(actCommand({ act: "note", key: text, text }, StoreUrl.parse("/x")));
      assert.deepEqual(words.slice(-2), [text, text]);
    }
  });
});
