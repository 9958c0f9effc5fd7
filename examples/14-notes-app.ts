// An app to be tested: it knows nothing of TLS, and asks who is on the other side.
import express, { type Express } from "express";
import { peerOf } from "../src/index.ts";

export function notesApp(notes: string[]): Express {
  const app = express();
  app.get("/notes", (request, response) => {
    response.json({ reader: peerOf(request)?.name, notes });
  });
  app.delete("/notes", (request, response) => {
    if (peerOf(request)?.isMember("admins")) notes.length = 0;
    response.sendStatus(notes.length === 0 ? 204 : 403);
  });
  return app;
}
