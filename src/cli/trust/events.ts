import { Command, InvalidArgumentError, Option } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { eventsAbout } from "../../operator/events-about.ts";
import { toListedEvent } from "../../operator/listed-event.ts";
import { TRUST_EVENT_TYPES, type SealedEvent, type TrustEventType } from "../../trust/records/events.ts";
import type { EventFilter } from "../../trust/port/roll.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { print, printJsonLine, say } from "../terminal/output.ts";
import { outliveReaders } from "../log/outlive-readers.ts";
import { addSearchAndLimit, type PageFlags, SEARCHED_OF_KEYS, toSearch } from "../lists/page-options.ts";
import { eachPage } from "../lists/print-list.ts";
import { rowColumnsOf } from "../terminal/prose.ts";
import { ServeLog } from "../log/event-log.ts";
import { addTimeOptions, type TimeFlags, toTimes } from "../lists/time-options.ts";
import { isOfReader, stdout } from "../terminal/way-out.ts";
import { showEvent } from "./show-event.ts";

/** How often a follower asks whether the store is still there. */
const LOOK_MS = 500;

interface Options extends PageFlags, TimeFlags {
  readonly follow?: true;
  readonly peer?: string;
  readonly type?: TrustEventType;
  readonly store: StoreUrl;
}

/** `trust events`. */
export function eventsCommand(): Command {
  const command = new Command("events")
    .description("every change of trust, oldest first: who, what, when")
    .addOption(
      new Option("--follow", "go on with what happens from now on, until interrupted").conflicts([
        "limit",
        "until",
      ]),
    );
  addTimeOptions(command)
    .option("--peer <key>", "only about this key, or all keys of a peer")
    .addOption(new Option("--type <type>", "only events of this type").choices(TRUST_EVENT_TYPES));
  return addSearchAndLimit(command, SEARCHED_OF_KEYS)
    .addOption(new Option("--after <sequence>", "only events after this one").argParser(parseSequence))
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run({ follow, store: url, ...flags }: Options): Promise<void> {
  await withStore(
    url,
    "trust events",
    async (store) => {
      if (follow === true) return await followEvents(store, flags);
      const { next } = await printEvents(store, flags);
      if (flags.limit !== undefined && next !== null) say(`next: ${next}`);
    },
    { reads: true },
  );
}

/** Which keys are a peer's is asked anew each time: it may have got another one. */
async function printEvents(
  store: TrustStore,
  flags: Omit<Options, "store">,
): Promise<{ readonly next: string | null; readonly last: number }> {
  const { type, peer, json } = flags;
  const filter: EventFilter = {
    ...toSearch(flags),
    ...toTimes(flags),
    ...(type !== undefined && { type }),
    ...(peer !== undefined && { about: await eventsAbout(store, peer) }),
  };
  const width = rowColumnsOf(process.stdout);
  let last = 0;
  const show = (event: SealedEvent): void => {
    last = event.sequence;
    if (json === true) printJsonLine(toListedEvent(event));
    else print(showEvent(toListedEvent(event), width));
  };
  const next = await eachPage(
    (page) => store.listEvents({ ...filter, ...page }),
    flags,
    (events) => {
      for (const event of events) show(event);
    },
  );
  return { next, last };
}

async function followEvents(store: TrustStore, flags: Omit<Options, "store">): Promise<void> {
  const failed = Promise.withResolvers<never>();
  const end = Promise.race([interrupted(store), failed.promise]);
  let after = Number(flags.after ?? 0);
  const printNew = async (): Promise<void> => {
    const head = store.head().sequence;
    const { last } = await printEvents(store, { ...flags, after: String(after) });
    after = Math.max(after, head, last);
  };
  await printNew();
  // What comes now can wait in memory: a reader that stands still must not keep us from hearing a signal.
  outliveReaders(new ServeLog(flags.json === true));
  let printing = Promise.resolve();
  const printSoon = (): void => {
    printing = printing.then(printNew).catch(failed.reject);
  };
  const stop = store.onEvents(printSoon);
  const stopAnew = store.onAnew((anew) => {
    if (anew.why === "lost") after = Math.min(after, anew.common);
  });
  printSoon();
  try {
    await end;
  } finally {
    stopAnew();
    stop();
    await printing;
  }
}

/**
 * Resolves on SIGINT, on SIGTERM, and when nobody reads our output any more; rejects when the store cannot be read
 * any longer. Keeps the process alive until then.
 */
async function interrupted(store: TrustStore): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.once(signal, resolve);
  stdout.onceUseless((error) => (isOfReader(error) ? resolve() : reject(error)));
  const look = setInterval(() => {
    try {
      store.head();
    } catch (error) {
      reject(error);
    }
  }, LOOK_MS);
  try {
    await promise;
  } finally {
    clearInterval(look);
    for (const signal of signals) process.off(signal, resolve);
  }
}

function parseSequence(text: string): string {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return text;
}
