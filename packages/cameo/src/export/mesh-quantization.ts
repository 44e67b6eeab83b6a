import { Extension } from "@gltf-transform/core";

/**
 * Whole numbers for positions, normals and expressions: the file is half as large. Three.js, Babylon.js, Blender and others
 * read it (https://github.com/KhronosGroup/glTF/tree/main/extensions/2.0/Khronos/KHR_mesh_quantization). The extension has
 * no properties of its own.
 */
export class MeshQuantization extends Extension {
  static override readonly EXTENSION_NAME = "KHR_mesh_quantization";
  override readonly extensionName = MeshQuantization.EXTENSION_NAME;

  override read(): this {
    return this;
  }

  override write(): this {
    return this;
  }
}
