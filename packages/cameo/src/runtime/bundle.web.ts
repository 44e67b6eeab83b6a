import { CameoError } from "../errors.ts";
import { type ModelBundle, openBundle } from "./bundle.ts";

/**
 * Opens the model bundle that a web server offers.
 * @param url the folder that holds manifest.json; relative URLs start from the page. Default `models/`
 */
export function openWebBundle(url: string | URL = "models/"): Promise<ModelBundle> {
  const folder = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return openBundle(async (file) => {
    const address = new URL(file, folder);
    const response = await fetch(address).catch((error: Error) => {
      throw new CameoError("models", `The model bundle's file ${address} cannot be fetched: ${error.message}`);
    });
    if (response.status === 404) return undefined;
    if (!response.ok)
      throw new CameoError(
        "models",
        `The model bundle's file ${address} cannot be fetched: status ${response.status}.`,
      );
    return new Uint8Array(await response.arrayBuffer());
  }, folder.href);
}
