import type { HeadDistances, RegionDistances } from "./distances.ts";
import type {
  DepthEvaluation,
  FaceEvaluation,
  PhotoEvaluation,
  SimilarityEvaluation,
  SyntheticEvaluation,
  ViewEvaluation,
} from "./evaluations.ts";
import type { FaceErrors, FaceResult } from "./face-stage.ts";
import { meanOf } from "./mean.ts";
import { pooledOverlaps } from "./overlap.ts";
import { figuresOf, meanFigures, type PhotoFigures, type PhotoResult } from "./photos.ts";
import type { ViewFigures, ViewResult } from "./second-view.ts";
import { type Similarities, type SimilarityResult, similaritiesOf, type Turn } from "./similarity.ts";
import { type SyntheticResult, syntheticSpreads } from "./synthetic.ts";

/** Rows of cells; the first holds the titles of the columns. */
export type Table = readonly (readonly string[])[];

/** A table and what it shows, in half a sentence. */
export interface TitledTable {
  readonly title: string;
  readonly rows: Table;
}

/** All that an evaluation on synthetic portraits found. */
export function syntheticTables({ portraits, failures }: SyntheticEvaluation): TitledTable[] {
  const unseen = portraits.filter(hasUnseenHair);
  const count = portraits.length + failures.length;
  return [
    {
      title: `${portraits.length} of ${count} portraits, in which a face was found; ${waysOf(portraits)}`,
      rows: spreadTable(portraits),
    },
    { title: "labels", rows: labelTable(portraits) },
    { title: `distance from the truth (paper Table 1), ${portraits.length} portraits`, rows: distanceTable(portraits) },
    { title: `hair of a style never trained on, ${unseen.length} portraits`, rows: spreadTable(unseen) },
    { title: `distance from the truth, hair of a style never trained on`, rows: distanceTable(unseen) },
  ];
}

/** What the stages had their results from. */
function waysOf(portraits: readonly SyntheticResult[]): string {
  const list = (key: "face" | "parse" | "depth") => [...new Set(portraits.map((result) => result[key]))].join(" or ");
  return `face by ${list("face")}, labels by ${list("parse")}, depth by ${list("depth")}`;
}

/** All that an evaluation of depth alone found. */
export function depthTables({ portraits, failures }: DepthEvaluation): TitledTable[] {
  const unseen = portraits.filter(hasUnseenHair);
  return [
    {
      title: `depth from true labels, pose and face, ${portraits.length} of ${portraits.length + failures.length} portraits`,
      rows: distanceTable(portraits),
    },
    { title: `hair of a style never trained on, ${unseen.length} portraits`, rows: distanceTable(unseen) },
  ];
}

/** All that an evaluation of face networks alone found. */
export const faceTables = ({ portraits, failures }: FaceEvaluation): TitledTable[] => [
  {
    title: `faces as networks see them, ${portraits.length} of ${portraits.length + failures.length} portraits`,
    rows: faceTable(portraits),
  },
];

/** A line per network: means over the portraits. */
function faceTable(portraits: readonly FaceResult[]): Table {
  const mean = (name: string, of: (errors: FaceErrors) => number | undefined) =>
    cell(meanOf(portraits.map(({ networks }) => of(networks[name]))), 2);
  const line = (name: string) => [
    name,
    mean(name, ({ facePoints }) => facePoints),
    mean(name, ({ pose }) => pose.yaw),
    mean(name, ({ pose }) => pose.pitch),
    mean(name, ({ pose }) => pose.roll),
    mean(name, ({ landmarks }) => landmarks),
    mean(name, ({ photometric }) => photometric),
  ];
  return [
    ["network", "face points mm", "yaw °", "pitch °", "roll °", "landmarks %", "photometric /255"],
    ...Object.keys(portraits.at(0)?.networks ?? {}).map(line),
  ];
}

const hasUnseenHair = ({ style }: { readonly style: string }): boolean => style !== "none";

const cell = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "-";

/** A line per figure over many portraits. */
export const spreadTable = (results: readonly SyntheticResult[]): Table => [
  ["figure", "mean", "median", "worst tenth", "portraits"],
  ...Object.entries(syntheticSpreads(results)).map(([name, { mean, median, tenthWorst, count }]) => [
    name,
    ...[mean, median, tenthWorst].map((value) => cell(value, 3)),
    String(count),
  ]),
];

/** Overlap of each label over the pixels of all portraits together, and its mean over the labels. */
export function labelTable(results: readonly SyntheticResult[]): Table {
  const overlaps = pooledOverlaps(results.map(({ labels }) => labels));
  const names = ["background", "face", "hair", "ear at the left", "ear at the right", "inner mouth"];
  return [
    ["pixels of all portraits", ...names, "mean"],
    ["IoU", ...overlaps.map((value) => cell(value, 3)), cell(meanOf(overlaps), 3)],
  ];
}

/** Portraits with the distances of one or more methods, by the methods' names. */
export type DistanceResults = readonly { readonly distances: Readonly<Record<string, HeadDistances>> }[];

/** The mean of each figure of a region over the portraits that have it. */
export type RegionMeans = { readonly [K in keyof RegionDistances]: number | undefined };

export const regionMeans = (results: DistanceResults, method: string, region: keyof HeadDistances): RegionMeans => {
  const regions = results.map(({ distances }) => distances[method]?.[region]);
  const mean = (key: keyof RegionDistances) => meanOf(regions.map((figures) => figures?.[key]));
  return {
    coverage: mean("coverage"),
    mean: mean("mean"),
    median: mean("median"),
    nearestMean: mean("nearestMean"),
    nearestMedian: mean("nearestMedian"),
    nearestOfAll: mean("nearestOfAll"),
  };
};

/** Paper Table 1, a line per method: distances in mm, averaged over portraits. */
export function distanceTable(results: DistanceResults): Table {
  const methods = [...new Set(results.flatMap(({ distances }) => Object.keys(distances)))];
  const cells = (method: string, region: keyof HeadDistances) => {
    const { mean, median, nearestMean, nearestMedian, nearestOfAll, coverage } = regionMeans(results, method, region);
    const millimetres = [mean, median, nearestMean, nearestMedian, nearestOfAll].map((value) => cell(value, 2));
    return [...millimetres, cell(coverage && 100 * coverage, 1)];
  };
  const titles = ["median", "nearest", "median", "of all", "coverage %"];
  return [
    ["mm", "face", ...titles, "non-face", ...titles],
    ...methods.map((method) => [method, ...cells(method, "face"), ...cells(method, "nonFace")]),
  ];
}

/** Overlaps with three decimals, landmark errors in percent with two. */
const PHOTO_COLUMNS: readonly (readonly [title: string, key: keyof PhotoFigures, digits: number])[] = [
  ["head", "head", 3],
  ["hair", "hair", 3],
  ["face", "face", 3],
  ["ears", "ears", 3],
  ["mouth", "innerMouth", 3],
  ["landmarks %", "landmarks", 2],
  ["jaw", "jaw", 2],
  ["brows", "brows", 2],
  ["nose", "nose", 2],
  ["eyes", "eyes", 2],
  ["lips", "mouth", 2],
];

/** A line per photo and one of means, with the columns that have numbers. */
export function photoTable(results: readonly PhotoResult[]): Table {
  const rows = results.map((result) => ({ name: result.name, parse: result.parse as string, ...figuresOf(result) }));
  const all = [...rows, { name: "mean", parse: "", ...meanFigures(results) }];
  const used = PHOTO_COLUMNS.filter(([, key]) => all.some((row) => row[key] !== undefined));
  return [
    ["photo", "labels by", ...used.map(([title]) => title)],
    ...all.map((row) => [row.name, row.parse, ...used.map(([, key, digits]) => cell(row[key], digits))]),
  ];
}

/** All that an evaluation on photos found. */
export const photoTables = ({ photos, failures }: PhotoEvaluation): TitledTable[] => [
  { title: `${photos.length} of ${photos.length + failures.length} photos`, rows: photoTable(photos) },
];

/** How alike turned faces and their photos are, by turn and by photo. */
export function similarityTables(evaluation: SimilarityEvaluation): TitledTable[] {
  const { network, filling, photos, strangers, failures } = evaluation;
  const count = photos.length + failures.length;
  return [
    {
      title: `similarity of turned faces with their photos (paper Table 2), ${photos.length} of ${count} photos; features of ${network}, holes filled by ${filling}`,
      rows: similarityTable(photos, strangers),
    },
    { title: "the same by photo", rows: similarityByPhoto(photos) },
  ];
}

/** A line per size of turn, to either side, and one of different people. */
function similarityTable(photos: readonly SimilarityResult[], strangers: Similarities): Table {
  const turns = photos.flatMap((photo) => photo.turns);
  const bySize = (a: Turn, b: Turn) => Math.abs(a.pitch) - Math.abs(b.pitch) || Math.abs(a.yaw) - Math.abs(b.yaw);
  const sizes = [...new Set(turns.toSorted(bySize).map(sizeOf))];
  const cells = ({ mean, least, most, count }: Similarities) => [
    ...[mean, least, most].map((value) => cell(value, 3)),
    String(count),
  ];
  return [
    ["turn", "mean", "least", "most", "pictures", "no face found"],
    ...sizes.map((size) => {
      const group = turns.filter((turn) => sizeOf(turn) === size);
      const similarities = similaritiesOf(group.map(({ similarity }) => similarity));
      return [size, ...cells(similarities), String(group.length - similarities.count)];
    }),
    ["different photos, not turned", ...cells(strangers), ""],
  ];
}

const sizeOf = ({ yaw, pitch }: Turn): string =>
  pitch === 0 ? `yaw ±${Math.abs(yaw)}°` : `pitch ±${Math.abs(pitch)}°`;

/** A line per photo and one of means, a column per turn. */
function similarityByPhoto(photos: readonly SimilarityResult[]): Table {
  const turns = photos.at(0)?.turns ?? [];
  const signed = (angle: number) => `${angle > 0 ? "+" : angle < 0 ? "−" : ""}${Math.abs(angle)}°`;
  const cells = (values: readonly (number | undefined)[]) => values.map((value) => cell(value, 3));
  return [
    [
      "photo",
      ...turns.map(({ yaw, pitch }) => (pitch === 0 ? `yaw ${signed(yaw)}` : `pitch ${signed(pitch)}`)),
      "mean",
    ],
    ...photos.map((photo) => {
      const values = photo.turns.map(({ similarity }) => similarity);
      return [photo.name, ...cells([...values, meanOf(values)])];
    }),
    ["mean", ...cells(turns.map((_, i) => meanOf(photos.map((photo) => photo.turns[i].similarity)))), ""],
  ];
}

/** How far views by several methods are from true second views. */
export function viewTables({ pairs, rotation: [least, greatest], failures }: ViewEvaluation): TitledTable[] {
  const holes = cell(meanOf(pairs.map(({ missing }) => 100 * missing)), 1);
  const unseen = pairs.filter(hasUnseenHair);
  return [
    {
      title: `crop about the head, ${pairs.length} of ${pairs.length + failures.length} pairs, heads turned by ${least}° to ${greatest}°`,
      rows: viewTable(pairs, "crop"),
    },
    { title: `holes of the coarse view, on average ${holes} % of the crop`, rows: viewTable(pairs, "holes") },
    { title: `holes, hair of a style never trained on, ${unseen.length} pairs`, rows: viewTable(unseen, "holes") },
  ];
}

/** A line per method: differences in a region, averaged over pairs; for the crop the likeness of the face too. */
function viewTable(pairs: readonly ViewResult[], region: "crop" | "holes"): Table {
  const methods = Object.keys(pairs.at(0)?.views ?? {});
  const networks = Object.keys(pairs.at(0)?.views[methods[0]][region].features ?? {});
  const mean = (method: string, of: (figures: ViewFigures) => number | undefined) =>
    meanOf(pairs.map(({ views }) => of(views[method])));
  const line = (method: string) => [
    method,
    cell(
      mean(method, (figures) => figures[region].colour),
      2,
    ),
    cell(
      mean(method, (figures) => figures[region].ssim),
      4,
    ),
    ...networks.map((network) =>
      cell(
        mean(method, (figures) => figures[region].features[network]),
        4,
      ),
    ),
    ...(region === "crop"
      ? [
          cell(
            mean(method, ({ identity }) => identity),
            3,
          ),
        ]
      : []),
  ];
  return [
    [
      "view",
      "colour /255",
      "SSIM",
      ...networks.map((network) => `distance, ${network}`),
      ...(region === "crop" ? ["identity"] : []),
    ],
    ...methods.map(line),
  ];
}
