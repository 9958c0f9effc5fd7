import { request } from "../client/request.ts";
import type { StreamMessage } from "./event-stream.ts";
import { live, type Liveness, setLiveness } from "./live.ts";
import { readStream } from "./read-stream.ts";
import { tell } from "./topics.ts";

const NAME = "handclasp-stream";
/** After so many ends in a row what is shown is called not live. */
const FAILURES = 2;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** While there is no stream. */
const POLL_MS = 5_000;
/** A tab that hears nothing from the one with the stream. */
const DEAF_MS = 45_000;

/** What the tab with the stream says to the others. */
type Word = { readonly tell: string } | { readonly liveness: Liveness["state"] } | { readonly ask: true };

/** Follows what happens until aborted. One tab of a browser has the stream, and tells the others. */
export async function followStream(signal: AbortSignal): Promise<void> {
  const others = new BroadcastChannel(NAME);
  let heardAt = performance.now();
  let leads = false;
  others.addEventListener("message", ({ data }: MessageEvent<Word>) => {
    if ("ask" in data) {
      if (leads) others.postMessage({ liveness: live.value.state } satisfies Word);
      return;
    }
    heardAt = performance.now();
    if ("tell" in data) tell(data.tell);
    else setLiveness(data.liveness);
  });
  others.postMessage({ ask: true } satisfies Word);
  const poll = setInterval(() => {
    if (!leads && performance.now() - heardAt > DEAF_MS) setLiveness("polling");
    const { state } = live.value;
    if (state === "polling" || state === "unreachable") tell("reset");
  }, POLL_MS);
  signal.addEventListener("abort", () => {
    clearInterval(poll);
    others.close();
  });
  const lead = async (): Promise<void> => {
    leads = true;
    await keepStream(signal, (word) => {
      if (signal.aborted) return;
      others.postMessage(word);
      if ("tell" in word) tell(word.tell);
      else if ("liveness" in word) setLiveness(word.liveness);
    });
  };
  try {
    await navigator.locks.request(NAME, { signal }, lead);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Opens the stream again and again, from where it ended. */
async function keepStream(signal: AbortSignal, say: (word: Word) => void): Promise<void> {
  let lastId: string | null = null;
  let failures = 0;
  let first = true;
  const hear = ({ type, id }: StreamMessage): void => {
    lastId = id ?? lastId;
    if (type === "open") {
      // What happened before there was an id to go on from is not told again.
      if (!first && lastId === null) say({ tell: "reset" });
      if (failures >= FAILURES) say({ tell: "reset" });
      failures = 0;
      first = false;
      say({ liveness: "live" });
    } else if (type === "alive") say({ liveness: "live" });
    else say({ tell: type });
  };
  while (!signal.aborted) {
    await readStream(lastId, signal, hear).catch(() => undefined);
    if (signal.aborted) return;
    failures += 1;
    if (failures >= FAILURES) say({ liveness: await whatIsLeft() });
    await pause(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS), signal);
  }
}

/** Without a stream: whether the server answers at all. */
async function whatIsLeft(): Promise<Liveness["state"]> {
  try {
    await request("/v1/session");
    return "polling";
  } catch {
    return "unreachable";
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const wake = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", wake, { once: true });
    addEventListener("online", wake, { once: true });
  });
}
