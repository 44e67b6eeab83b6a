import { spawnSync } from "node:child_process";

/** Whether videos can be read and written here. */
export const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

if (!hasFfmpeg) console.warn("ffmpeg is not installed: tests of videos are skipped");
