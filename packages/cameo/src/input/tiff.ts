/** Bytes per value of the field types SHORT and LONG, the only ones read here. */
const SHORT = 3;
const LONG = 4;

/**
 * One directory of a TIFF structure, such as EXIF data: the first value of each SHORT or LONG field by its tag.
 * Damaged data gives the fields read so far, at worst none.
 * @param tiff bytes from the TIFF header ("II*\0" or "MM\0*") on
 * @param offset where the directory is; the first one unless given
 */
export function readIfd(tiff: Uint8Array, offset?: number): Map<number, number> {
  const fields = new Map<number, number>();
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return fields;
  const little = tiff[0] === 0x49;
  if (view.getUint16(0, little) !== (little ? 0x4949 : 0x4d4d) || view.getUint16(2, little) !== 42) return fields;
  const start = offset ?? view.getUint32(4, little);
  if (start + 2 > tiff.length) return fields;
  const count = view.getUint16(start, little);
  for (let i = 0, at = start + 2; i < count && at + 12 <= tiff.length; i++, at += 12) {
    const type = view.getUint16(at + 2, little);
    const values = view.getUint32(at + 4, little);
    if (type === SHORT && values <= 2) fields.set(view.getUint16(at, little), view.getUint16(at + 8, little));
    if (type === LONG && values === 1) fields.set(view.getUint16(at, little), view.getUint32(at + 8, little));
  }
  return fields;
}
