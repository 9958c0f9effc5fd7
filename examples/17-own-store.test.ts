// All that a store promises, of the one in 17-own-store.ts: node --test 17-own-store.test.ts
import { describe, it } from "node:test";
import { storeContract } from "../src/testing/index.ts";
import { MapStore } from "./17-own-store.ts";

storeContract("a store over Maps", () => new MapStore(), { describe, it });
