import { rename, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { readPack } from "@cameo/synth";
import { decodeMorphableModel, encodeMorphableModel } from "cameo";
import { findCorrespondences } from "./correspond.ts";
import { recordInManifest } from "./manifest.ts";
import { buildModel, openWorkshop } from "./model.ts";
import { reconstructionReport } from "./report.ts";
import { writeSheets } from "./sheet.ts";

const usage = `Builds the morphable model of the head.

  npx tsx --conditions=source tools/morphable-model/build.ts --data FOLDER -o models/head.bin

  --data FOLDER      the MakeHuman head pack
  --network FILE     FaceMesh as ONNX (default models/imported/facemesh.onnx)
  -o, --output FILE  the model; a manifest.json beside it gets its checksum
  --sheet PREFIX     also draw contact sheets PREFIX-identity.png, -texture, -expression, -named, -random
  --report           also print the reconstruction error of heads that were not used`;

const { values: options } = parseArgs({
  options: {
    data: { type: "string" },
    network: { type: "string", default: "models/imported/facemesh.onnx" },
    output: { type: "string", short: "o" },
    sheet: { type: "string" },
    report: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (options.help || !options.data || !options.output) {
  console.log(usage);
  process.exit(options.help ? 0 : 2);
}

const start = performance.now();
const progress = (what: string) =>
  console.log(`${((performance.now() - start) / 1000).toFixed(0).padStart(4)} s  ${what}`);

const shop = openWorkshop(readPack(options.data));
const model = await buildModel(shop, progress);
progress("dense landmarks");
const landmarks = await findCorrespondences(shop, model, options.network);
const bytes = await encodeMorphableModel({ ...model, ...landmarks });
await writeFile(`${options.output}.part`, bytes);
await rename(`${options.output}.part`, options.output);
await recordInManifest(options.output, bytes);
progress(`${options.output}: ${bytes.length} bytes, ${model.vertexCount} vertices`);
// What is drawn and measured is what was stored.
const stored = await decodeMorphableModel(bytes);
if (options.sheet) for (const file of await writeSheets(stored, options.sheet)) progress(file);
if (options.report) console.log(reconstructionReport(shop, stored));
