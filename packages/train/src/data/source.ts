import { openFolder } from "./folder.ts";
import { mixed, type Part } from "./mixed.ts";
import { openPairs } from "./pairs.ts";
import { openPhotos, type PhotosSpec } from "./photos.ts";
import { openPortraits, type PortraitsSpec } from "./portraits.ts";
import { shapes } from "./shapes.ts";
import { openSynthetic, type SyntheticSpec } from "./synthetic.ts";

/** What a task needs of each sample. Pictures are RGB in [0, 1], [3, h, w]; maps [1, h, w]; labels int32 [h, w]. */
export type Fields = Readonly<Record<string, FieldKind>>;
export type FieldKind = SingleKind | PairKind;
export type SingleKind = "picture" | "map" | "labels" | VectorKind;

/** The same of two pictures of one subject, one after the other. */
export interface PairKind {
  readonly pair: SingleKind;
}

/** A vector of so many values; `groups` names what they are where the task knows: values per group, one after the other. */
export interface VectorKind {
  readonly vector: number;
  readonly groups?: Readonly<Record<string, number>>;
}

/** Values of the fields of one sample. */
export type Sample = Readonly<Record<string, Float32Array | Int32Array>>;

/** Numbered samples; the same number always gives the same sample. */
export interface Source {
  readonly count: number;
  /** Set where each sample is drawn by itself, so that taking them in order is as good as in random order. */
  readonly unrelated?: boolean;
  sample(index: number): Promise<Sample>;
}

/** Which source, as a configuration says it and as worker threads get it. */
export type SourceSpec = PlainSourceSpec | { readonly kind: "mixed"; readonly parts: readonly Part<PlainSourceSpec>[] };

/** A source that is not made of others. */
type PlainSourceSpec =
  | { readonly kind: "shapes"; readonly count: number; readonly seed: number }
  | { readonly kind: "folder"; readonly path: string }
  | SyntheticSpec
  | PortraitsSpec
  | PhotosSpec
  | { readonly kind: "pairs"; readonly path: string };

/** Opens a source for pictures of size × size. @throws if it lacks one of the fields */
export async function openSource(spec: SourceSpec, fields: Fields, size: number): Promise<Source> {
  switch (spec.kind) {
    case "shapes":
      return shapes(spec.count, spec.seed, fields, size);
    case "folder":
      return openFolder(spec.path, fields, size);
    case "synthetic":
      return openSynthetic(spec, fields, size);
    case "portraits":
      return openPortraits(spec, fields, size);
    case "photos":
      return openPhotos(spec, fields, size);
    case "pairs":
      return openPairs(spec.path, fields, size);
    case "mixed":
      return mixed(
        await Promise.all(
          spec.parts.map(async ({ data, share }) => ({ share, data: await openSource(data, fields, size) })),
        ),
      );
  }
}

/** The shape of a field; that of each of two pictures comes behind the number of pictures. */
export function fieldShape(kind: FieldKind, size: number): number[] {
  if (isPair(kind)) return [2, ...fieldShape(kind.pair, size)];
  if (kind === "picture") return [3, size, size];
  if (kind === "map") return [1, size, size];
  return kind === "labels" ? [size, size] : [kind.vector];
}

const isPair = (kind: FieldKind): kind is PairKind => typeof kind === "object" && "pair" in kind;

/** What a field is of one picture. */
export const singleKind = (kind: FieldKind): SingleKind => (isPair(kind) ? kind.pair : kind);

/** Values of a vector of one picture; 0 for other kinds. */
export const vectorLength = (kind: FieldKind): number => {
  const single = singleKind(kind);
  return typeof single === "object" ? single.vector : 0;
};

/** Pictures in a sample. */
export const viewsOf = (fields: Fields): number => (Object.values(fields).some(isPair) ? 2 : 1);
