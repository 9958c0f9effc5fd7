/** What can have changed, as the stream says it. */
export type Topic = "change" | "waiting" | "connections" | "health";

const TOPICS: ReadonlySet<string> = new Set<Topic>(["change", "waiting", "connections", "health"]);

interface Listener {
  readonly topics: readonly Topic[];
  readonly look: () => void;
}

const listeners = new Set<Listener>();
/** Those who are to look again once the page is looked at. */
const late = new Set<Listener>();

/** Calls `look` when something of these topics may have changed, until what this gives is called. */
export function onTopic(topics: readonly Topic[], look: () => void): () => void {
  const listener = { topics, look };
  listeners.add(listener);
  return () => {
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
    else listener.look();
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  const waiting = [...late];
  late.clear();
  for (const { look } of waiting) look();
});
