// A thread that owns the writing connection of one store, so that neither fsync nor another process's lock
// stops the event loop. Whatever arrived while one transaction was committed goes into the next.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { connect } from "../file/sqlite-file.ts";
import { SqliteWriter, type Write } from "./sqlite-writer.ts";

/** Writes in, a result for each out, in the same order; the message "close" ends the thread. */
export type WriterMessage = readonly Write[] | "close";

const port = parentPort;
if (port === null) throw new Error("sqlite-writer-thread runs as a worker thread only");
const database = connect((workerData as { path: string }).path);
const writer = new SqliteWriter(database);

port.on("message", (first: WriterMessage) => {
  const writes: Write[] = [];
  let message: WriterMessage | undefined = first;
  while (message !== undefined && message !== "close") {
    writes.push(...message);
    message = receiveMessageOnPort(port)?.message;
  }
  if (writes.length > 0) port.postMessage(writer.write(writes));
  for (const write of writes) if (write.kind === "snapshot-part") release(write.bytes);
  if (message === "close") {
    database.close();
    port.close();
  }
});

/** Memory that was handed over: there is much of it, and it is not waited for to be cleared away. */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
