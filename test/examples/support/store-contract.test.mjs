import { describe, it, vi } from "vitest";
import { openMemoryStore, storeContract } from "../../../src/testing/index.ts";

// As long as under node:test, where nothing says how long.
vi.setConfig({ testTimeout: 600_000 });
storeContract("memory store", () => openMemoryStore(), { describe, it });
