/** What can have changed, as the stream says it. */
export type Topic = "change" | "waiting" | "connections" | "health";

const TOPICS: ReadonlySet<string> = new Set<Topic>(["change", "waiting", "connections", "health"]);

/** Whoever looks looks at most so often, however much happens. */
const PAUSE_MS = 1_000;

interface Listener {
  readonly topics: readonly Topic[];
  readonly look: () => void;
  /** `performance.now()` when it may look again. */
  restsUntil: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const listeners = new Set<Listener>();
/** Those who are to look again once the page is looked at. */
const late = new Set<Listener>();

/** Calls `look` when something of these topics may have changed, until what this gives is called. */
export function onTopic(topics: readonly Topic[], look: () => void): () => void {
  const listener: Listener = { topics, look, restsUntil: 0, timer: undefined };
  listeners.add(listener);
  return () => {
    clearTimeout(listener.timer);
    listeners.delete(listener);
    late.delete(listener);
  };
}

/** Has those look again that asked for the topic; for `reset` all. A page in the background waits until it is seen. */
export function tell(topic: string): void {
  if (topic !== "reset" && !TOPICS.has(topic)) return;
  for (const listener of listeners) {
    if (topic !== "reset" && !listener.topics.some((each) => each === topic)) continue;
    if (document.hidden) late.add(listener);
    else lookSoon(listener);
  }
}

/** At once, or when its rest is over. */
function lookSoon(listener: Listener): void {
  if (listener.timer !== undefined) return;
  const rest = listener.restsUntil - performance.now();
  const look = (): void => {
    listener.timer = undefined;
    listener.restsUntil = performance.now() + PAUSE_MS;
    listener.look();
  };
  if (rest <= 0) look();
  else listener.timer = setTimeout(look, rest);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  const waiting = [...late];
  late.clear();
  for (const listener of waiting) lookSoon(listener);
});
