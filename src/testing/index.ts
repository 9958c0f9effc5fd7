// `handclasp/testing`: for tests of code that uses handclasp, and of stores of one's own. Not for production.
import "../needs-node.ts";
export { fakeAnonymous, type FakeClient, fakePeer, type FakePeerOptions } from "./fake-peer.ts";
export {
  type GuardedServer,
  guardedServer,
  type GuardedServerOptions,
  type TestHandler,
} from "./guarded-server.ts";
export { type TestClock, testClock } from "./test-clock.ts";
export {
  type TestClient,
  testClient,
  type TestClientOptions,
  type TestConnectionOptions,
  type TestRequest,
} from "./test-client.ts";
export { openMemoryStore } from "../store/sqlite/memory-store.ts";
export { storeContract, type TestRunner } from "./contract/store-contract.ts";
