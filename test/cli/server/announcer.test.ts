import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ServerIdentity } from "../../../src/cli/identities/server-identity.ts";
import { errorEntry, type EventLog, type LogEntry } from "../../../src/cli/log/event-log.ts";
import { Announcer } from "../../../src/cli/server/announcer.ts";
import { recordedListeners } from "../../../src/operator/known-server.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { configOf, greetingListener, listenerTo } from "../../gateway/support/scene.ts";
import { identity, inFiles } from "../../guard/support/identities.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const ADDRESSES = [
  { host: "127.0.0.1", port: 1001 },
  { host: "127.0.0.1", port: 1002 },
];

function openScene(): { announcer: Announcer; identity: ServerIdentity; lines: LogEntry[] } & Disposable & {
    store: ReturnType<typeof openMemoryStore>;
  } {
  const store = openMemoryStore();
  const lines: LogEntry[] = [];
  const log: EventLog = {
    write: (entry) => void lines.push(entry),
    offer: (_, entry) => void lines.push(entry()),
    warn: (message, listener) => void lines.push({ event: "warning", listener, message }),
    failed: (error) => void lines.push(errorEntry(error)),
  };
  const server = new ServerIdentity(StoreUrl.memory);
  const announcer = new Announcer({ store, identity: server, log, isOfFile: true });
  return { announcer, identity: server, lines, store, [Symbol.dispose]: () => void store.close() };
}

describe("what is said of a server's listeners", () => {
  it("is of those only that are new or changed, while all of them stay on record", async () => {
    using scene = openScene();
    const [one, two] = [listenerTo(1, { name: "one" }), listenerTo(2, { name: "two" })];
    const { announcer, lines, store } = scene;
    announcer.tell(await announcer.record(configOf([one, two]), ADDRESSES));
    assert.deepEqual(
      lines.map(({ event, listener }) => [event, listener]),
      [
        ["listening", "one"],
        ["listening", "two"],
      ],
    );
    lines.length = 0;
    announcer.tell(await announcer.record(configOf([one, two]), ADDRESSES));
    assert.deepEqual(lines, []);
    assert.deepEqual(
      recordedListeners(store).map(({ port }) => port),
      [1001, 1002],
    );
    const weaker = { ...two, clientCertificate: "none" as const };
    announcer.tell(await announcer.record(configOf([one, weaker]), ADDRESSES));
    assert.deepEqual(
      lines.map(({ event, listener }) => [event, listener]),
      [
        ["warning", "two"],
        ["listening", "two"],
      ],
    );
    assert.deepEqual(
      recordedListeners(store).map(({ port }) => port),
      [1001, 1002],
    );
  });

  it("is that one shows another key, which is on record then", async () => {
    const folder = temporaryFolder();
    using scene = openScene();
    const { announcer, lines, store } = scene;
    const { certFile: cert, keyFile: key } = inFiles(folder, await identity("ada"));
    const certificate = { cert, key };
    const config = configOf([greetingListener({ certificate })]);
    announcer.tell(await announcer.record(config, ADDRESSES));
    const [before] = recordedListeners(store);
    const bob = await identity("bob");
    writeFileSync(certificate.cert, bob.cert);
    writeFileSync(certificate.key, bob.key);
    scene.identity.reread();
    lines.length = 0;
    announcer.tell(await announcer.record(config, ADDRESSES));
    const [now] = recordedListeners(store);
    assert.notEqual(now?.pin, before?.pin);
    const { facts } = await scene.identity.of(certificate);
    const { keyId, pin } = now ?? {};
    assert.deepEqual(lines, [{ event: "identity-changed", keyId, pin, fingerprint: facts.fingerprint }]);
  });
});
