import { compareTimes } from "../../operator/compare-times.ts";
import { toListedEvent } from "../../operator/listed-event.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { Problem } from "../call/problem.ts";
import { type Route, route } from "../call/route.ts";
import { compareQuery, headJson, timesCompared, verifiedJson } from "../schemas/health.ts";
import { noBody } from "../schemas/session.ts";

/** Of events that are read at once. */
const AT_ONCE = 500;
/** Of comparisons. */
const MOST_WAITING = 4;

/** The events as evidence. */
export function auditRoutes({ store, watch, pause }: AdminContext): readonly Route[] {
  let before: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  return [
    route("GET", "/v1/audit/head", {
      summary: "The end of the chain, and how far it was verified",
      scope: "read",
      answer: headJson,
      handle() {
        const { sequence, hash } = store.head();
        const { head, broken } = watch.report;
        return { body: { head: { sequence, hash }, verified: head.sequence, broken } };
      },
    }),
    route("POST", "/v1/audit/verify", {
      summary: "Recomputes the chain from its first event on",
      scope: "read",
      body: noBody,
      answer: verifiedJson,
      async handle() {
        const { head, broken } = await watch.verifyAnew();
        const { sequence, hash } = head;
        const problem = broken === null ? null : `event ${broken.sequence}: ${broken.problem}`;
        return { body: { ok: broken === null, head: { sequence, hash }, problem } };
      },
    }),
    route("GET", "/v1/audit/compare", {
      summary: "What is another at the second of two times: keys, groups and tokens",
      scope: "read",
      query: compareQuery,
      answer: timesCompared,
      async handle({ query: { from, to } }) {
        const until = to ?? { sequence: store.head().sequence };
        return { body: await oneByOne(() => compareTimes(store, from, until, pause)) };
      },
    }),
    route("GET", "/v1/audit/events.jsonl", {
      summary: "All events, one on a line",
      scope: "read",
      handle: () =>
        new Response(allEvents(), {
          headers: {
            "content-type": "application/jsonl",
            "content-disposition": 'attachment; filename="events.jsonl"',
          },
        }),
    }),
  ];

  /** Each reads the whole chain, and holds all keys: one at a time, and few that wait. */
  async function oneByOne<T>(run: () => Promise<T>): Promise<T> {
    if (waiting >= MOST_WAITING) throw new Problem(503, { code: "busy" }, { "retry-after": "10" });
    waiting++;
    const running = before.then(run, run);
    before = running;
    try {
      return await running;
    } finally {
      waiting--;
    }
  }

  /** Read as it is taken. */
  function allEvents(): ReadableStream<Uint8Array> {
    let after: string | null = "0";
    return new ReadableStream({
      async pull(controller) {
        if (after === null) return controller.close();
        const { items, next } = await store.listEvents({ after, limit: AT_ONCE });
        const lines = items.map((event) => `${JSON.stringify(toListedEvent(event))}\n`);
        if (lines.length > 0) controller.enqueue(Buffer.from(lines.join("")));
        after = next;
        if (next === null) controller.close();
      },
    });
  }
}
