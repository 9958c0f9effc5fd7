import { Command } from "commander";
import { addCommand } from "./trust/add.ts";
import { approveCommand } from "./trust/approve.ts";
import { auditCommand } from "./trust/audit.ts";
import { forgetCommand, ignoreCommand, revokeCommand, setAsideCommand } from "./trust/bar.ts";
import { connectionsCommand } from "./trust/connections.ts";
import { eventsCommand } from "./trust/events.ts";
import { exportCommand } from "./trust/export.ts";
import { importCommand } from "./trust/import.ts";
import { listCommand } from "./trust/list.ts";
import { noteCommand } from "./trust/note.ts";
import { openCommand } from "./trust/open.ts";
import { renameCommand } from "./trust/rename.ts";
import { showCommand } from "./trust/show.ts";
import { undoCommand } from "./trust/undo.ts";

/** `trust`: what operators see and decide. */
export function command(): Command {
  return new Command("trust")
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(approveCommand())
    .addCommand(revokeCommand())
    .addCommand(ignoreCommand())
    .addCommand(setAsideCommand())
    .addCommand(forgetCommand())
    .addCommand(renameCommand())
    .addCommand(noteCommand())
    .addCommand(undoCommand())
    .addCommand(addCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(openCommand())
    .addCommand(connectionsCommand())
    .addCommand(eventsCommand())
    .addCommand(auditCommand());
}
