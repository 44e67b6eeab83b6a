import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cameo, type Head, STAGES, type Stage } from "../src/index.node.ts";

const example = (name: string): string => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
const degrees = 180 / Math.PI;

let cameo: Cameo;
let head: Head;
beforeAll(async () => {
  cameo = await Cameo.load();
  head = await cameo.reconstruct(example("portrait.jpg"));
});
afterAll(() => cameo.dispose());

/** Refusals carry a code and one sentence. */
const refusal = (code: string) => ({ code, message: expect.stringMatching(/^[^\n]+\.$/) });

describe("Cameo", () => {
  it("finds pose and distance of our own portraits", async () => {
    for (const name of ["portrait", "samuel", "mei"]) {
      const truth = JSON.parse(await readFile(example(`${name}.truth.json`), "utf8"));
      // The focal length of the picture: the distance can be compared then.
      const fov = 2 * Math.atan(truth.image.width / 2 / truth.camera.fx) * degrees;
      const found = name === "portrait" ? head : await cameo.reconstruct(example(`${name}.jpg`), { fov });
      const off = (a: number, b: number) => Math.abs(a - b);
      expect(off(found.angles.yaw * degrees, truth.angles.yaw)).toBeLessThan(5);
      expect(off(found.angles.roll * degrees, truth.angles.roll)).toBeLessThan(3);
      expect(found.pose.translation[2] / truth.pose.translation[2]).toBeGreaterThan(0.85);
      expect(found.pose.translation[2] / truth.pose.translation[2]).toBeLessThan(1.15);
    }
  });

  it("takes the focal length from what is given, then from EXIF, then from the landmarks", async () => {
    expect(head.cameraSource).toBe("exif");
    const path = example("portrait.jpg");
    const { camera, cameraSource } = await cameo.reconstruct(path, { fov: 40, focal35: 50 });
    expect(cameraSource).toBe("fov");
    expect(camera.fx).toBeCloseTo(head.image.width / 2 / Math.tan(20 / degrees), 3);
    const focal35 = await cameo.reconstruct(path, { focal35: 50 });
    expect(focal35.cameraSource).toBe("focal35");
    expect(focal35.camera.fx).toBeCloseTo(
      (50 / Math.hypot(36, 24)) * Math.hypot(head.image.width, head.image.height),
      3,
    );
    const { image } = head;
    expect((await cameo.reconstruct(image)).cameraSource).toBe("estimated");
  });

  it("gives the same bytes each time, and for the file, its bytes and a Blob", async () => {
    const bytes = await readFile(example("portrait.jpg"));
    const glb = await head.toGLB();
    for (const source of [example("portrait.jpg"), bytes, new Blob([bytes])]) {
      expect(Buffer.compare(await (await cameo.reconstruct(source)).toGLB(), glb)).toBe(0);
    }
  });

  it("tells its progress stage by stage", async () => {
    const seen: Stage[] = [];
    let last = 0;
    await cameo.reconstruct(example("portrait.jpg"), {
      onProgress: ({ stage, done, total }) => {
        expect(done).toBeGreaterThanOrEqual(last);
        last = done;
        expect(total).toBe(STAGES.length);
        if (seen[seen.length - 1] !== stage) seen.push(stage);
      },
    });
    expect(seen).toEqual([...STAGES]);
    expect(last).toBe(STAGES.length);
  });

  it("stops when told to, before and between stages", async () => {
    const path = example("portrait.jpg");
    await expect(cameo.reconstruct(path, { signal: AbortSignal.abort() })).rejects.toMatchObject(refusal("aborted"));
    for (const at of ["detect", "face", "head"]) {
      const controller = new AbortController();
      const onProgress = ({ stage }: { stage: Stage }) => stage === at && controller.abort();
      const run = cameo.reconstruct(path, { signal: controller.signal, onProgress });
      if (at === "head") await run;
      else await expect(run).rejects.toMatchObject(refusal("aborted"));
    }
  });

  it("reconstructs every face of a picture, largest first", async () => {
    const large = await sharp(example("portrait.jpg")).resize(512).toBuffer();
    const small = await sharp(example("samuel.jpg")).resize(300).toBuffer();
    const picture = await sharp({ create: { width: 900, height: 640, channels: 3, background: "#8a9098" } })
      .composite([
        { input: small, left: 20, top: 100 },
        { input: large, left: 360, top: 0 },
      ])
      .png()
      .toBuffer();
    const heads = await cameo.reconstructAll(picture);
    expect(heads).toHaveLength(2);
    expect(heads[0].box.width).toBeGreaterThan(heads[1].box.width);
    expect(heads[0].box.x).toBeGreaterThan(360);
    const second = await cameo.reconstruct(picture, { face: 1 });
    expect(second.landmarks).toEqual(heads[1].landmarks);
    await expect(cameo.reconstruct(picture, { face: 2 })).rejects.toMatchObject(refusal("no-such-face"));
  });

  it("refuses what it cannot reconstruct in one sentence", async () => {
    const grey = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(128) };
    await expect(cameo.reconstruct(grey)).rejects.toMatchObject(refusal("no-face"));
    await expect(cameo.reconstruct(example("missing.jpg"))).rejects.toMatchObject(refusal("not-found"));
    for (const options of [
      { face: -1 },
      { face: 0.5 },
      { fov: 0 },
      { fov: 180 },
      { focal35: -50 },
      { parse: "guess" as "model" },
    ]) {
      await expect(cameo.reconstruct(example("portrait.jpg"), options)).rejects.toMatchObject(refusal("option"));
    }
    // A face 24 pixels wide.
    const { box, image } = head;
    const width = Math.round((image.width * 24) / box.width);
    const tiny = await sharp(example("portrait.jpg")).resize(width).png().toBuffer();
    const padded = await sharp(tiny)
      .extend({ left: 60, right: 60, top: 20, bottom: 60, background: "#8a9098" })
      .png()
      .toBuffer();
    await expect(cameo.reconstruct(padded)).rejects.toMatchObject({
      code: expect.stringMatching(/face-too-small|no-face/),
    });
  });

  it("cannot be used once disposed of, while its heads can", async () => {
    const short = await Cameo.load();
    const kept = await short.reconstruct(example("portrait.jpg"));
    await short.dispose();
    await short.dispose();
    await expect(short.reconstruct(example("portrait.jpg"))).rejects.toMatchObject(refusal("disposed"));
    expect((await kept.toGLB()).length).toBeGreaterThan(100_000);
  });
});

describe("Head", () => {
  it("has depth exactly where the model's labels show the head, near its distance", async () => {
    const modelled = await cameo.reconstruct(example("portrait.jpg"), { parse: "model" });
    const depth = modelled.depthMap();
    const labels = modelled.labelMap();
    expect([depth.width, depth.height]).toEqual([head.image.width, head.image.height]);
    const z = head.pose.translation[2];
    let covered = 0;
    let disagree = 0;
    let far = 0;
    for (let i = 0; i < depth.data.length; i++) {
      if (depth.data[i] > 0 !== labels.data[i] > 0) disagree++;
      if (depth.data[i] === 0) continue;
      covered++;
      if (Math.abs(depth.data[i] - z) > 200) far++;
    }
    expect(disagree).toBe(0);
    expect(far).toBe(0);
    expect(covered).toBeGreaterThan(0.05 * depth.data.length);
  });

  it("projects its landmarks onto its own depth map", () => {
    const { width, data } = head.depthMap();
    // Tip of the nose: the depth there is less than at the corners of the eyes.
    const at = (i: number) => data[Math.floor(head.landmarks[2 * i + 1]) * width + Math.floor(head.landmarks[2 * i])];
    expect(at(30)).toBeGreaterThan(0);
    expect(at(30)).toBeLessThan(Math.min(at(36), at(45)) - 15);
  });

  it("renders in any size, and refuses what is no size or angle", () => {
    const { width, height } = head.render({ angles: { yaw: 0.2 }, size: 128 });
    expect(Math.max(width, height)).toBe(128);
    for (const options of [{ size: 0 }, { size: 1.5 }, { size: 1e6 }, { angles: { yaw: Number.NaN } }])
      expect(() => head.render(options)).toThrow(expect.objectContaining({ code: "option" }));
  });

  it("previews at a glance: six panels", () => {
    const { width, height } = head.preview();
    expect(width).toBe(6 * height);
  });

  it("writes OBJ and PLY of the same mesh", async () => {
    const files = await head.toOBJ("me");
    expect(Object.keys(files)).toEqual(["me.obj", "me.mtl", "me.texture.jpg"]);
    expect(new TextDecoder().decode(files["me.mtl"])).toContain("me.texture.jpg");
    expect(new TextDecoder().decode(head.toPLY().subarray(0, 400))).toContain(
      `element vertex ${head.mesh.positions.length / 3}`,
    );
  });
});
