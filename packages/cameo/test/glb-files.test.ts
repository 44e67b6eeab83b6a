import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { validateBytes } from "gltf-validator";
import { Raycaster, Mesh as ThreeMesh, Vector3 } from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cameo, type Head } from "../src/index.node.ts";
import { openEdges } from "./support/watertight.ts";

const pictures = (folder: URL): [name: string, path: string][] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".jpg"))
    .map((name) => [name, fileURLToPath(new URL(name, folder))]);

const examples = new URL("../../../examples/", import.meta.url);
/** Photos of real people that are not part of the repository. */
const photos = new URL("../../../../shared/photos/", import.meta.url);
if (!existsSync(photos)) console.log("GLB files of real photos are not checked: ../shared/photos is not there.");

let cameo: Cameo;
beforeAll(async () => {
  cameo = await Cameo.load();
});
afterAll(() => cameo.dispose());

describe.each([...pictures(examples), ...(existsSync(photos) ? pictures(photos) : [])])("the head of %s", (_, path) => {
  let head: Head;
  let glb: Uint8Array;
  beforeAll(async () => {
    head = await cameo.reconstruct(path);
    glb = await head.toGLB();
  });

  it("is watertight", () => {
    expect(openEdges(head.mesh.positions, head.mesh.triangles)).toBe(0);
  });

  it("is a valid file", async () => {
    const { issues } = await validateBytes(glb, { maxIssues: 1000 });
    expect(issues.messages.filter(({ severity }) => severity < 2)).toEqual([]);
  });

  it("takes less than 3 MB", () => {
    expect(glb.length).toBeLessThan(3_000_000);
  });

  it("opens in three.js, in metres, and expressions move it", async () => {
    const loader = new GLTFLoader();
    // Decoding the texture needs a browser; everything else does not.
    loader.register((parser) => {
      parser.loadTexture = async () => null as never;
      return { name: "no textures" };
    });
    const { scene } = await loader.parseAsync(glb.slice().buffer, "");
    scene.updateMatrixWorld(true);
    const mesh = scene.getObjectByProperty("isMesh", true) as ThreeMesh;
    expect(mesh).toBeInstanceOf(ThreeMesh);
    // What lies straight before the head centre is the face.
    const nose = new Raycaster(new Vector3(0, 0, 1), new Vector3(0, 0, -1)).intersectObject(mesh)[0];
    expect(nose.point.z).toBeGreaterThan(0.05);
    expect(nose.point.z).toBeLessThan(0.16);
    const moved = (name: string) => {
      (mesh.morphTargetInfluences as number[])[(mesh.morphTargetDictionary as Record<string, number>)[name]] = 1;
      const before = new Vector3();
      const after = new Vector3();
      const { position } = mesh.geometry.attributes;
      let most = 0;
      for (let v = 0; v < position.count; v += 7) {
        mesh.getVertexPosition(v, after);
        before.fromBufferAttribute(position as never, v);
        most = Math.max(most, after.sub(before).multiply(mesh.scale).length());
      }
      (mesh.morphTargetInfluences as number[]).fill(0);
      return most;
    };
    for (const name of ["jawOpen", "mouthSmileLeft"]) {
      expect(moved(name)).toBeGreaterThan(0.002);
      expect(moved(name)).toBeLessThan(0.06);
    }
  });
});
