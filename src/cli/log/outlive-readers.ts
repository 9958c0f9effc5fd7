import { stderr, stdout } from "../terminal/way-out.ts";
import type { EventLog } from "./event-log.ts";

/** From now on nobody who reads us holds us up or ends us. What is lost by that is counted in the log. */
export function outliveReaders(log: EventLog): void {
  const losing = (of: string): ((count: number, message: string) => void) => {
    return (count, message) => log.write({ event: "lines-lost", of, count, message });
  };
  stdout.queue({
    onLosing: (why) => log.warn(`stdout cannot be written, and what goes there is lost: ${why}`),
    onLost: losing("stdout"),
  });
  stderr.queue({ onLosing: ignore, onLost: losing("stderr") });
}

function ignore(): void {}
