// Imported before all else. An older Node links a program before it runs any of it: what it has not must not be imported
// by name anywhere, or the program ends with a word about that, and none about Node.
import { mustBeNewEnough } from "./node-version.ts";

mustBeNewEnough(process.versions.node);
