// Says whether the write lock of a store can be had at once.
import { DatabaseSync } from "node:sqlite";

const database = new DatabaseSync(process.argv[2] ?? "", { timeout: 0 });
try {
  database.exec("BEGIN IMMEDIATE");
  console.log("free");
} catch {
  console.log("locked");
}
database.close();
