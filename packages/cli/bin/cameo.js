#!/usr/bin/env node

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`cameo needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exitCode = 2;
} else {
  // Loaded only now: an older Node could not read it.
  const { main } = await import("../dist/index.js");
  // A reader that stops early (`cameo … | head -1`) is no reason to leave the work undone.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
  });
  process.exitCode = await main(process.argv.slice(2));
}
