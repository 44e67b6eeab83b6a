import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { importHuman } from "./human.ts";

const usage = `Usage: node packages/convert/dist/bin.js human [--bundle DIR] [--record]

Converts the face models inside the installed npm package @vladmandic/human to ONNX.

  --bundle DIR  the model bundle to put them in (default: models/)
  --record      write their checksums into the bundle's manifest.json
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      bundle: { type: "string" },
      record: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  if (positionals.length !== 1 || positionals[0] !== "human") throw new Error(`Say what to convert.\n\n${usage}`);
  const bundle = values.bundle ?? fileURLToPath(new URL("../../../models/", import.meta.url));
  for (const { name, file, written } of await importHuman(bundle, values.record))
    process.stdout.write(`${written ? "made" : "kept"} ${name}: ${file}\n`);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
