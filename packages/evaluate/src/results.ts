import type {
  Circumstances,
  DepthEvaluation,
  Evaluation,
  FaceEvaluation,
  PhotoEvaluation,
  SimilarityEvaluation,
  SyntheticEvaluation,
  ViewEvaluation,
} from "./evaluations.ts";
import {
  depthTables,
  faceTables,
  photoTables,
  similarityTables,
  syntheticTables,
  type Table,
  type TitledTable,
  viewTables,
} from "./tables.ts";

/** Pictures that go with the figures: paths or addresses as the document is to have them. */
export interface ResultPictures {
  /** Of {@link drawHeads}. */
  readonly heads?: string;
  /** Of {@link drawShapes}: truth, reconstruction, surround depth. */
  readonly shapes?: string;
  /** Of {@link drawShapes}, by depth networks. */
  readonly depth?: string;
  /** Of {@link drawSecondViews}. */
  readonly views?: string;
}

/** Evaluations as a Markdown document: what was measured, how, and the figures as the commands print them. */
export function resultsDocument(
  evaluations: readonly Evaluation[],
  { heads, shapes, depth, views }: ResultPictures = {},
): string {
  const of = <E extends Evaluation>(kind: E["evaluation"]) => evaluations.filter((e): e is E => e.evaluation === kind);
  const sections = [
    ...INTRODUCTION,
    ...section(SYNTHETIC, of<SyntheticEvaluation>("synthetic"), syntheticTables),
    ...(heads ? [`![Portraits and their heads](${heads})`, HEADS] : []),
    ...(shapes ? [`![Heads by several methods](${shapes})`, SHAPES] : []),
    ...section(FACE, of<FaceEvaluation>("face"), faceTables),
    ...section(DEPTH, of<DepthEvaluation>("depth"), depthTables),
    ...(depth ? [`![Depth by several networks](${depth})`, DEPTHS] : []),
    ...section(VIEWS, of<ViewEvaluation>("views"), viewTables),
    ...(views ? [`![Second views](${views})`, SECOND_VIEWS] : []),
    ...section(SIMILARITY, of<SimilarityEvaluation>("similarity"), similarityTables),
    ...section(PHOTOS, of<PhotoEvaluation>("photos"), photoTables),
  ];
  return `${sections.join("\n\n")}\n`;
}

const INTRODUCTION = [
  "# Results",
  `Written by \`cameo eval report\` from what \`cameo eval … --json\` printed; every figure is in the output of the command above
it. Means are over portraits or photos.`,
];

const SYNTHETIC = `## Synthetic portraits

Portraits of [synthetic-data.md](synthetic-data.md) as people take photos: people, backgrounds and two hair styles that no
network was trained on. They have no EXIF data, so that the focal length is estimated too; \`--true-fov\` tells it. IoU is
intersection over union. Landmarks are off by so many percent of the outer eye distance; angles, by degrees. *Face points* are
vertices of the fitted model against those of the model's head nearest to the true one, in mm after rotation, shift and scale.
*Photometric* is the mean difference of the fitted face's colours from the photo's, in levels of 255.

Distances are those of Table 1 of the paper: how far, in mm, 3D points of the head are from the true ones, after the similarity
that fits the face best. Non-face is hair, ears and bare scalp. First, point against point at each pixel, mean and median over
pixels; then to the *nearest* point of the reconstructed surface. *Coverage* is the share of the head's true pixels at which
there is a reconstruction; the others are in *of all* alone, which is to the nearest point from all pixels. The surround
depth is the paper's baseline: depth about the fitted face extended from its border. The average head is the model's mean.`;

const HEADS = `The first portraits of the set: photo, labels, clay as in the photo, from the left, from the right, from above and from
behind, textured from both sides.`;

const SHAPES = `The same portraits: true depth, reconstructed head and surround depth, each from both sides.`;

const FACE = `## Face networks by themselves

Face networks on the same portraits, cut out by the landmarks of the detector, without the fit to landmarks that the default
adds. Figures are those of the first table.`;

const DEPTH = `## Depth of hair and ears by itself

Depth networks on the same portraits when labels, camera, pose and the model's head are the true ones, so that nothing but their
own errors is left. Their depth is taken as they give it, that of the face as well.`;

const DEPTHS = `The first portraits: true depth, then that of each line of the table, from both sides.`;

const VIEWS = `## Turned heads beside true second views

Pairs of synthetic portraits that differ in nothing but how the head is turned, and a little in exposure, which the camera meters
anew: people, backgrounds and two hair styles that no network was trained on, nothing in front of the face. From the first picture the head is reconstructed and turned by the true
rotation between the two, and what comes out is compared with the second picture, in the crop about the head, 256² pixels:
mean difference of colours, structural similarity, and the distance of network features (LPIPS without its learned weights:
squared distance of the unit vectors of features, averaged over resolutions). The refinement network was trained with the
features of the face descriptor, but not with those of the parsing network. *Identity* is the similarity of the face with
the true one by the face descriptor. The photo that is not turned shows what each figure is worth.`;

const SECOND_VIEWS = `The first pairs: the photo, then each line of the table, and the true second view.`;

const SIMILARITY = `## Turned faces beside their photos

Cosine similarity of the features of a face recognition network between a photo and the photo turned, as in Table 2 of the paper,
whose network is another (0.856 with VGG-Face). Faces are found anew in the turned photos. The last line says what the network
makes of different people.`;

const PHOTOS = `## Photos

Portrait photos with reference labels or landmarks, at photo resolution: intersection over union of labels, distance of landmarks in
percent of the outer eye distance. Nothing is trained on these photos, nor tuned to their references.`;

/** Nothing where there are no evaluations. */
const section = <E extends Circumstances>(
  introduction: string,
  evaluations: readonly E[],
  tables: (evaluation: E) => readonly TitledTable[],
): string[] =>
  evaluations.length === 0
    ? []
    : [
        introduction,
        ...evaluations.flatMap((evaluation) => [
          `\`${evaluation.command}\`, ${evaluation.date}, ${evaluation.machine}`,
          ...tables(evaluation).flatMap(({ title, rows }) => [`**${sentence(title)}**`, markdownTable(rows)]),
        ]),
      ];

const sentence = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** The first column holds names, the others numbers. */
export function markdownTable([titles, ...rows]: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = `|---|${titles
    .slice(1)
    .map(() => "---:|")
    .join("")}`;
  return [line(titles), rule, ...rows.map(line)].join("\n");
}
