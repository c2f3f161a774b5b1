import { startShell } from "/static/shell.js";

await startShell();
