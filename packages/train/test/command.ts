/** `cameo train` as a program of its own, for tests that kill it. */
import { runTrain } from "@cameo/train";

process.exitCode = await runTrain(process.argv.slice(2));
