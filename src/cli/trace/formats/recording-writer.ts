import type { PcapngRecorder, RecordedConnection } from "../../../capture/recording/pcapng-recorder.ts";
import type { TracedConnection } from "../connection/traced-connection.ts";
import type { ConnectionWriter } from "../connection/connection-writer.ts";
import { toKeyLogLine } from "../../../tls/keys/key-log.ts";

/** The bytes of a connection as packets, with its secrets in front of them. */
export function recordingWriter(
  recorder: PcapngRecorder,
  { client, server }: TracedConnection,
): ConnectionWriter {
  let time = 0;
  let recorded: RecordedConnection | undefined;
  return {
    event(event) {
      time = event.timeMs ?? time;
      recorded ??= recorder.open(client, server, time);
      switch (event.kind) {
        case "data":
          recorded.data(event.sender, time, event.bytes);
          break;
        case "secret":
          recorded.keyLog(toKeyLogLine(event.entry));
          break;
        case "finish":
          recorded.finish(event.sender, time);
          break;
        case "reset":
          recorded.reset(event.sender, time);
          break;
      }
    },
    end: () => recorded?.flush(),
  };
}
