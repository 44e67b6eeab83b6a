import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quantizeDepth } from "../src/depth.ts";
import { toJson } from "../src/describe.ts";
import { baseName, Names } from "../src/names.ts";

describe("names of output files", () => {
  test("a name is handed out once; later ones get a number", () => {
    const names = new Names();
    expect(["me", "you", "me", "me"].map((name) => names.claim(name))).toEqual(["me", "you", "me_2", "me_3"]);
  });

  test("a number that a photo already carries is not given out again", () => {
    const names = new Names();
    expect(["me_2", "me", "me"].map((name) => names.claim(name))).toEqual(["me_2", "me", "me_3"]);
  });

  test("names that differ in case or in how an accent is stored are the same to some file systems", () => {
    const names = new Names();
    names.claim("Zoé".normalize("NFC"));
    expect(names.claim("zoé".normalize("NFD"))).toBe(`${"zoé".normalize("NFD")}_2`);
  });

  test("folders and the last extension are left out", () => {
    expect(baseName("a/b/me.at.home.jpg")).toBe("me.at.home");
    expect(baseName("me")).toBe("me");
  });
});

describe("depth as 16-bit integers", () => {
  const map = (...data: number[]) => ({ width: data.length, height: 1, data: Float32Array.from(data) });

  test("is within half a step of the depth, and fine enough", () => {
    const depths = fc.array(fc.float({ min: 1, max: 5000, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(depths, (list) => {
        const depth = map(...list);
        const { data, scale } = quantizeDepth(depth);
        for (let i = 0; i < data.length; i++)
          expect(Math.abs(data[i] * scale - depth.data[i])).toBeLessThan(0.51 * scale);
        const finest = Math.max(...depth.data) / 65535;
        expect(scale / finest).toBeLessThan(1.11);
      }),
    );
  });

  test("zero stays zero and nothing else becomes zero", () => {
    const { data } = quantizeDepth(map(0, 1e-3, 900));
    expect(data[0]).toBe(0);
    expect(data[1]).toBe(1);
    expect(data[2]).toBeGreaterThan(59_000);
  });

  test("the scale is a number of two digits", () => {
    expect(quantizeDepth(map(800)).scale).toBe(0.013);
    expect(quantizeDepth(map(0)).scale).toBe(1);
  });
});

describe("JSON", () => {
  test("keeps lists of numbers on one line and the text as it is", () => {
    const value = {
      list: [1, -2.5, 3e-7],
      pairs: [
        [1, 2],
        [3, 4],
      ],
      text: "[1,\n 2]",
      none: [],
    };
    const text = toJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toContain('"list": [ 1, -2.5, 3e-7 ]');
  });
});
