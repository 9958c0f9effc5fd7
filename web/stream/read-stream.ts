import { headers } from "../client/credentials.ts";
import { EventStream, type StreamMessage } from "./event-stream.ts";

/** The server says something every 15 s, if only a comment. */
const SILENT_MS = 40_000;

/**
 * Reads the stream from behind `lastId` until it ends, and calls `hear` with each message, first with `open`. It is read by
 * `fetch`, since an EventSource sends no Authorization.
 */
export async function readStream(
  lastId: string | null,
  signal: AbortSignal,
  hear: (message: StreamMessage) => void,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const response = await fetch("/v1/stream", {
      headers: {
        ...headers(),
        accept: "text/event-stream",
        ...(lastId !== null && { "last-event-id": lastId }),
      },
      cache: "no-store",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) throw new Error(`the stream answered ${response.status}`);
    hear({ type: "open", data: "", id: null });
    const stream = new EventStream();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENT_MS);
      for (const message of stream.push(value)) hear(message);
      hear({ type: "alive", data: "", id: null });
    }
  } finally {
    clearTimeout(timer);
  }
}
