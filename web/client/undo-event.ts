import { act, sentenceOf } from "./act.ts";
import { ProblemError, request } from "./request.ts";
import type { EventJson, KeyList } from "./shapes.ts";
import { toast } from "./toasts.ts";

/** Takes back what an event says; whether that still can be is for the server to say. */
export async function undoEvent(event: EventJson): Promise<void> {
  const { sequence, pin, peer } = event;
  try {
    const version = await versionOf(pin, peer);
    await act({
      path: `/v1/events/${sequence}/undo`,
      ifMatch: version === null ? '"0"' : `"${version}"`,
      said: () => `Took back event ${sequence}`,
    });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    toast(sentenceOf(error.problem), { tone: "failed" });
  }
}

/** Of the key that an event is about, as it is now. */
async function versionOf(pin: string | null, peer: string | null): Promise<number | null> {
  const q = pin ?? peer ?? "";
  const { value } = await request<KeyList>(`/v1/keys?q=${encodeURIComponent(q)}&limit=100`);
  const found = value.items.find((key) => (pin === null ? key.peer === peer : key.pin === pin));
  return found?.version ?? null;
}
