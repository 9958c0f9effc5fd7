import { type MadeStore, REFUSED } from "./make-store.ts";

/** Command lines that run one after another in one folder, each as JSON. */
export interface Story {
  /** Which store they find: all that there can be, a new one, one whose rows were edited, or none. */
  readonly store: "full" | "empty" | "edited" | "none";
  readonly steps: readonly (readonly string[])[];
}

/** Every verb that prints JSON: what it reads, what it does, and how it fails. */
export function storiesOf({ keys, tokens, lastEvent }: MadeStore): readonly Story[] {
  const pin = (called: string): string => keys.get(called)?.pin ?? called;
  const reads: readonly (readonly string[])[] = [
    ["trust", "list"],
    ...["pending", "trusted", "revoked", "ignored", "retired"].map((state) => [
      "trust",
      "list",
      "--state",
      state,
    ]),
    ["trust", "events"],
    ["trust", "events", "--after", String(lastEvent - 3)],
    ["trust", "events", "--after", String(lastEvent)],
    ["trust", "connections"],
    ["trust", "audit", "verify"],
    ["trust", "audit", "verify", "--head", `1:${"0".repeat(64)}`],
    ["trust", "audit", "head"],
    ["token", "list"],
    ["api-token", "list"],
    ["group", "list"],
    ["store", "check"],
    ["store", "stats"],
    ["explain", "LAST"],
  ];
  const shows = [...keys.keys()].map((called) => ["trust", "show", pin(called)]);
  const refusals = REFUSED.map((connection) => ["explain", connection]);
  const references = [
    ["trust", "show", "anna"],
    ["trust", "show", "ANNA", "--pem"],
    ["trust", "show", "joe"],
    ["trust", "show", "STRASSE"],
    ["trust", "show", keys.get("carl")?.fingerprint ?? ""],
    ["trust", "show", pin("carl").slice(7, 30)],
    ["explain", "198.51.100.1"],
    ["explain", "192.0.2.7"],
    ["explain", "anna"],
    ["explain", pin("fritz")],
    ["explain", "ab".repeat(32)],
    ["explain", keys.get("anna-conflict")?.fingerprint ?? ""],
  ];
  const afterwards = [
    ["trust", "list"],
    ["trust", "events", "--after", String(lastEvent)],
    ["group", "list"],
  ];
  const acts: readonly (readonly string[])[] = [
    ["trust", "approve", "berta"],
    ["trust", "approve", pin("berta"), "--expires", "30d"],
    ["trust", "approve", pin("anna-conflict"), "--replace"],
    ["trust", "approve", pin("anna-conflict"), "--add"],
    ["trust", "approve", pin("anna-conflict"), "--name", "Anna Other"],
    ["trust", "approve", pin("emil")],
    ["trust", "approve", pin("fritz")],
    ["trust", "approve", pin("hans")],
    ["trust", "approve", pin("berta"), "--seen", "berta"],
    ["trust", "approve", pin("nameless")],
    ["trust", "approve", pin("claims-another")],
    ["trust", "revoke", "anna"],
    ["trust", "revoke", "joe", "--yes"],
    ["trust", "revoke", pin("berta")],
    ["trust", "ignore", pin("berta")],
    ["trust", "ignore", "carl"],
    ["trust", "forget", "anna"],
    ["trust", "forget", "joe", "--yes"],
    ["trust", "forget", pin("odd-1")],
    ["trust", "rename", "anna", "Anna Maria"],
    ["trust", "rename", "joe", "JOE"],
    ["trust", "add", "files/nina.pem"],
    ["trust", "add", "files/otto.pem", "--name", "Otto II", "--expires", "never"],
    ["trust", "add", "files/anna.pem", "--replace"],
    ["trust", "add", "files/carl.pem", "--expires", "90d"],
    ["trust", "import", "files/many"],
    ["trust", "import", "files/many", "--add"],
    ["trust", "open", "--for", "10m"],
    ["trust", "open", "--close"],
    ["group", "add", "ops", "joe"],
    ["group", "add", "new group", pin("carl")],
    ["group", "remove", "OPS", "anna"],
    ["token", "cancel", tokens.get("open") ?? ""],
    ["token", "cancel", (tokens.get("network") ?? "").slice(0, 12)],
  ];
  const errors: readonly (readonly string[])[] = [
    ["trust", "show", "nobody"],
    ["trust", "show", ""],
    ["trust", "show", "AAAA"],
    ["trust", "approve", "nobody"],
    ["trust", "approve", "anna"],
    ["trust", "approve", pin("anna-conflict")],
    ["trust", "approve", pin("berta"), "--seen", "somebody"],
    ["trust", "approve", pin("berta"), "--name", "\u202e"],
    ["trust", "approve", "joe"],
    ["trust", "revoke", "nobody"],
    ["trust", "ignore", "nobody"],
    ["trust", "forget", "nobody"],
    ["trust", "rename", "nobody", "somebody"],
    ["trust", "rename", "anna", "carl"],
    ["trust", "rename", "anna", ""],
    ["trust", "rename", pin("berta"), "x"],
    ["trust", "add", "files/anna.pem"],
    ["trust", "add", "files/fritz.pem"],
    ["trust", "add", "files/missing.pem"],
    ["trust", "add", "files/many/broken.pem"],
    ["trust", "add", "files/many/empty.pem"],
    ["trust", "import", "files/missing"],
    ["trust", "events", "--after", "x"],
    ["trust", "open"],
    ["trust", "audit", "verify", "--head", `${lastEvent + 9}:${"0".repeat(64)}`],
    ["group", "add", "ops", "nobody"],
    ["group", "add", "ops", pin("berta")],
    ["group", "add", "", "anna"],
    ["group", "remove", "ops", "joe"],
    ["group", "remove", "no such group", "anna"],
    ["token", "create", "anna"],
    ["token", "create", ""],
    ["token", "create", "x", "--from", "nowhere"],
    ["token", "create", "x", "--expires", "91d"],
    ["token", "cancel", ""],
    ["token", "cancel", "zz"],
    ["token", "cancel", tokens.get("used") ?? ""],
    ["token", "cancel", tokens.get("cancelled") ?? ""],
    ["explain", "nobody"],
    ["store", "backup", "trust.db"],
  ];
  return [
    ...[...reads, ...shows, ...references, ...refusals, ...errors].map((step): Story => ({
      store: "full",
      steps: [step],
    })),
    ...acts.map((act): Story => ({ store: "full", steps: [act, ...afterwards] })),
    ...reads.map((step): Story => ({ store: "empty", steps: [step] })),
    ...reads.map((step): Story => ({ store: "edited", steps: [step] })),
    ...[...reads, ["trust", "show", "anna"], ["token", "cancel", "aa"]].map((step): Story => ({
      store: "none",
      steps: [step],
    })),
    {
      store: "none",
      steps: [
        ["trust", "import", "files/many"],
        ["trust", "list"],
      ],
    },
    {
      store: "none",
      steps: [
        ["trust", "add", "files/nina.pem"],
        ["trust", "show", "nina"],
      ],
    },
    {
      store: "none",
      steps: [
        ["identity", "import", "files/nina.key", "files/nina.pem", "nina"],
        ["identity", "list"],
        ["identity", "show", "nina"],
        ["identity", "show", "nobody"],
        ["identity", "export", "nina"],
      ],
    },
    { store: "full", steps: [["trust", "export", "pem"]] },
    { store: "full", steps: [["doctor"]] },
  ];
}
