import { describe, it } from "node:test";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { storeContract } from "../../../src/testing/index.ts";

storeContract("memory store", () => openMemoryStore(), { describe, it });
