#!/usr/bin/env node
import { main } from "../dist/index.js";

// A reader that stops early (`cameo … | head -1`) is no reason to leave the work undone.
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
});
process.exitCode = await main(process.argv.slice(2));
