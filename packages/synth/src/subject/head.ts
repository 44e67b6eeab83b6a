import { type Angles, applySparse, quaternion, type Similarity, vertexNormals } from "cameo";
import type { Assets } from "../assets.ts";
import { placeCage } from "../makehuman/cage.ts";
import { ancestryShares, macroWeights } from "../makehuman/macro.ts";
import { type Fitting, fitPart } from "../makehuman/mhclo.ts";
import { addTarget, morph, type TargetWeights } from "../makehuman/target.ts";
import { clamp } from "../noise.ts";
import type { BareHead } from "../part.ts";
import { addSpan, projected } from "./projection.ts";
import { skullAlignment } from "./skull.ts";
import type { ExpressionSpec, SubjectSpec } from "./spec.ts";

/** A head with what is known about it. */
export interface Head extends BareHead {
  /** x, y, z of the model's control points, mm. */
  readonly cage: Float32Array;
  /** Coefficients of the model that come nearest to the head; exact where the subject is of the model's span. */
  readonly coefficients: { readonly identity: Float32Array; readonly expression: Float32Array };
}

/** Millimetres per unit of the base mesh. */
const mmPerUnit = 100;

/** The head of a subject, making a face, in model space. */
export function buildHead(assets: Assets, subject: SubjectSpec, expression: ExpressionSpec): Head {
  const { model, pack, cage, rig } = assets;
  const body = morph(pack.base.positions, rig.targets, shapeWeights(subject));
  const placed = placeCage(pack, cage, body);
  const neutral = placed.slice();
  rig.closeLips(neutral);
  const raw = Float32Array.from(neutral);
  const toModel = skullAlignment(rig.skull, raw, model.meanShape);

  const points = moved(toModel, raw);
  const identity = projected(rig.identity, difference(points, model.meanShape));
  if (subject.spanned) {
    points.set(model.meanShape);
    addSpan(model.identity, identity, points);
  }

  const beta = new Float32Array(model.expression.count);
  for (const [name, weight] of Object.entries(expressionWeights(expression))) {
    const named = model.namedExpressions.get(name);
    if (!named) throw new Error(`buildHead: the model has no expression "${name}"`);
    for (let k = 0; k < beta.length; k++) beta[k] += weight * named[k];
  }
  addSpan(model.expression, beta, points);

  if (Object.keys(expression.units).length > 0) {
    for (const [unit, weight] of Object.entries(expression.units))
      for (const [ancestry, share] of ancestryShares(subject.person)) {
        const target = rig.targets.get(`expression/units/${ancestry}/${unit}`);
        if (!target) throw new Error(`buildHead: the pack has no expression unit "${unit}"`);
        addTarget(body, target, weight * share);
      }
    const before = moved(toModel, Float32Array.from(placed));
    placeCage(pack, cage, body, placed);
    const offsets = difference(moved(toModel, Float32Array.from(placed)), before);
    const outside = projected(rig.expression, offsets);
    for (let k = 0; k < beta.length; k++) beta[k] += outside[k];
    for (let i = 0; i < points.length; i++) points[i] += offsets[i];
  }

  const base = followedBase(assets, toModel, body, placed, points);
  const shape = applySparse(model.refinement!, points, 3);
  return {
    model,
    cage: points,
    coefficients: { identity, expression: beta },
    shape,
    normals: vertexNormals(shape, model.triangles),
    base,
    fit: (fitting: Fitting) => fitPart(fitting, base, new Float32Array(3 * fitting.vertexCount)),
  };
}

/** The base mesh in model space, led by the cage points to where they have gone. */
function followedBase(
  { rig }: Assets,
  toModel: Similarity,
  body: Float64Array,
  placed: Float64Array,
  points: Float32Array,
): Float64Array {
  const offsets = difference(points, moved(toModel, Float32Array.from(placed)));
  const { columns, values, offsets: rows } = rig.follow;
  const m = quaternion.toMatrix(toModel.rotation);
  const [tx, ty, tz] = toModel.translation;
  const out = new Float64Array(body.length);
  for (let v = 0; v < out.length / 3; v++) {
    let dx = tx;
    let dy = ty;
    let dz = tz;
    for (let e = rows[v]; e < rows[v + 1]; e++) {
      const at = 3 * columns[e];
      dx += values[e] * offsets[at];
      dy += values[e] * offsets[at + 1];
      dz += values[e] * offsets[at + 2];
    }
    const x = mmPerUnit * body[3 * v];
    const y = mmPerUnit * body[3 * v + 1];
    const z = mmPerUnit * body[3 * v + 2];
    out[3 * v] = m[0] * x + m[1] * y + m[2] * z + dx;
    out[3 * v + 1] = m[3] * x + m[4] * y + m[5] * z + dy;
    out[3 * v + 2] = m[6] * x + m[7] * y + m[8] * z + dz;
  }
  return out;
}

function shapeWeights({ person, shape }: SubjectSpec): TargetWeights {
  const weights = new Map(macroWeights(person));
  for (const [name, weight] of Object.entries(shape)) weights.set(name, weight);
  return weights;
}

/** Angles that eyes turn at a full weight of their named expressions, degrees. */
const fullGaze = { up: 25, down: 30, across: 30 } as const;

/**
 * The gaze that meets a camera before a head which is turned by these angles, as far as eyes turn.
 * @param angles degrees
 */
export function gazeAtCamera({ yaw, pitch, roll }: Angles): [across: number, up: number] {
  const cos = Math.cos((roll * Math.PI) / 180);
  const sin = Math.sin((roll * Math.PI) / 180);
  return [
    clamp(pitch * sin - yaw * cos, -fullGaze.across, fullGaze.across),
    clamp(-yaw * sin - pitch * cos, -fullGaze.down, fullGaze.up),
  ];
}

/** Named weights of an expression with those that turn the eyes. */
function expressionWeights({ named, gaze: [across, up] }: ExpressionSpec): Readonly<Record<string, number>> {
  const turns: Record<string, number> = {};
  const side = Math.abs(across) / fullGaze.across;
  turns[across > 0 ? "eyeLookOutLeft" : "eyeLookInLeft"] = side;
  turns[across > 0 ? "eyeLookInRight" : "eyeLookOutRight"] = side;
  const [way, height] = up > 0 ? ["Up", up / fullGaze.up] : ["Down", -up / fullGaze.down];
  turns[`eyeLook${way}Left`] = height;
  turns[`eyeLook${way}Right`] = height;
  return { ...named, ...turns };
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = a[i] - b[i];
  return out;
}

function moved({ rotation, translation: [tx, ty, tz] }: Similarity, points: Float32Array): Float32Array {
  const m = quaternion.toMatrix(rotation);
  const out = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i];
    const y = points[i + 1];
    const z = points[i + 2];
    out[i] = m[0] * x + m[1] * y + m[2] * z + tx;
    out[i + 1] = m[3] * x + m[4] * y + m[5] * z + ty;
    out[i + 2] = m[6] * x + m[7] * y + m[8] * z + tz;
  }
  return out;
}
