import { openMemoryStore } from "../../src/store/memory-store.ts";
import { describeTrustStore } from "../contract/trust-store.ts";

describeTrustStore("memory store", () => openMemoryStore());
