import { describe, it } from "vitest";
import { openMemoryStore, storeContract } from "../../../src/testing/index.ts";

storeContract("memory store", () => openMemoryStore(), { describe, it });
