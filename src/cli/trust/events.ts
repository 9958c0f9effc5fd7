import { Command, InvalidArgumentError, Option } from "commander";
import { allEvents, type ListedEvent, toListedEvent } from "../../operator/listed-event.ts";
import type { SealedEvent } from "../../trust/events.ts";
import { toKeyId } from "../../trust/key-id.ts";
import { escapeText } from "../../trust/peer-name.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { jsonOption, storeOption, withStore } from "../context.ts";
import { outliveReaders, print, printJsonLine, showName } from "../output.ts";
import { ServeLog } from "../serve/log.ts";
import { isOfReader, stdout } from "../way-out.ts";

/** How often a follower asks whether the store is still there. */
const LOOK_MS = 500;

interface Options {
  readonly follow?: true;
  readonly after: number;
  readonly store: string;
  readonly json?: true;
}

/** `trust events`. */
export function eventsCommand(): Command {
  return new Command("events")
    .description("every change of trust, oldest first: who, what, when")
    .option("--follow", "go on with what happens from now on, until interrupted")
    .addOption(
      new Option("--after <sequence>", "only events after this one").argParser(parseSequence).default(0),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

/** An event on one line. Whatever it holds is escaped: an event says what a client claimed. */
export function showEvent({
  sequence,
  at,
  type,
  actor,
  pin,
  peer,
  before,
  after,
  details,
}: ListedEvent): string {
  if (type === null) return `${sequence}  (this event cannot be read)`;
  const parts = [
    String(sequence),
    escapeText(at ?? "-"),
    escapeText(type),
    ...(peer === null ? [] : [showName(peer)]),
    ...(pin === null ? [] : [showPin(pin)]),
    ...(before === after ? [] : [`${before ?? "new"} -> ${after ?? "gone"}`]),
    ...Object.entries(details ?? {}).flatMap(([name, value]) =>
      value === null ? [] : [`${name}=${escapeText(value)}`],
    ),
    `by ${escapeText(actor?.user ?? actor?.process ?? "?")}`,
    ...(actor?.address ? [`from ${escapeText(actor.address)}`] : []),
  ];
  return parts.join("  ");
}

async function run({ follow, after, store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust events",
    async (store) => {
      let last = after;
      const show = (events: Iterable<SealedEvent>): void => {
        for (const event of events) {
          if (event.sequence <= last) continue;
          last = event.sequence;
          if (json === true) printJsonLine(toListedEvent(event));
          else print(showEvent(toListedEvent(event)));
        }
      };
      if (follow === undefined) {
        show(allEvents(store, after));
        return;
      }
      const end = interrupted(store);
      show(allEvents(store, last));
      // What comes now can wait in memory: a reader that stands still must not keep us from hearing a signal.
      outliveReaders(new ServeLog(json === true));
      const stop = store.onEvents(show);
      show(allEvents(store, last));
      await end;
      stop();
    },
    { reads: true },
  );
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

function showPin(pin: string): string {
  try {
    return toKeyId(pin as Parameters<typeof toKeyId>[0]);
  } catch {
    return escapeText(pin);
  }
}

function parseSequence(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
