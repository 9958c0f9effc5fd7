// A machine of a cluster, for benchmarks: has what its parent asks carried out, and says how long that took.
import { openStore } from "../../src/store/open-store.ts";
import { toSeenCertificate } from "../../src/trust/judging/seen-certificate.ts";
import type { Change, SeenCertificate } from "../../src/trust/records/change.ts";
import { randomFacts } from "../random-facts.ts";

export type Task =
  /** Makes so many claims, with their certificates, for the next tasks. */
  | { readonly kind: "make-claims"; readonly count: number }
  /** Claims of names that nobody has, so many at once; answers how long each took. */
  | { readonly kind: "claims"; readonly count: number; readonly atOnce: number }
  | { readonly kind: "meet"; readonly certificate: SeenCertificate; readonly peer: string }
  | { readonly kind: "revoke"; readonly key: string }
  /** Answers how much of the processor this process had. */
  | { readonly kind: "cpu" };

const [url = "", name = ""] = process.argv.slice(2);
const ACTOR = { user: null, process: `bench ${name}`, address: null, listener: null };
const opened = performance.now();
const store = openStore(url);
let count = 0;
const made: Change[] = [];

process.on("message", (task: Task) => void run(task).then((millis) => process.send?.(millis)));
process.on("disconnect", () => process.exit());
await store.catchUp();
// How long it took until all was here that the log has; what Node needs to start is not in it.
process.send?.([performance.now() - opened]);

async function run(task: Task): Promise<readonly number[]> {
  switch (task.kind) {
    case "make-claims":
      while (made.length < task.count) made.push(claim());
      return [];
    case "claims": {
      const millis: number[] = [];
      const each = Math.ceil(task.count / task.atOnce);
      await Promise.all(
        Array.from({ length: task.atOnce }, async () => {
          for (let done = 0; done < each; done++) millis.push(await timeOf(made.pop() ?? claim()));
        }),
      );
      return millis;
    }
    case "meet":
      return [await timeOf(claimOf(task.certificate, task.peer))];
    case "revoke":
      return [await timeOf({ type: "revoke", at: Date.now(), actor: ACTOR, key: task.key })];
    case "cpu": {
      const { user, system } = process.cpuUsage();
      return [(user + system) / 1000];
    }
  }
}

async function timeOf(change: Change): Promise<number> {
  const began = performance.now();
  const { kind } = await store.apply(change);
  if (kind !== "changed") throw new Error(`the change was ${kind}`);
  return performance.now() - began;
}

function claim(): Change {
  const peer = `${name}-${process.pid}-${++count}`;
  return claimOf(toSeenCertificate(randomFacts(peer)), peer);
}

function claimOf(certificate: SeenCertificate, peer: string): Change {
  const at = Date.now();
  const pending = { pendingExpires: at + 1_000_000, maxPending: 1000 };
  return { type: "claim", at, actor: ACTOR, ...pending, peer, source: "first-use", certificate };
}
