export { factsOf, randomPin } from "../../src/testing/contract/made-up-certificates.ts";
