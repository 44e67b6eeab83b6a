import { describe, expect, test } from "vitest";
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
