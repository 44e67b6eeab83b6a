import { createReadStream, existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, defaultClientConditions, type Plugin, preview } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Folders of the repository that the page may fetch from. */
const FOLDERS = { "/models/": here("../../../../models/"), "/examples/": here("../../../../examples/") };

const folders: Plugin = {
  name: "folders",
  configurePreviewServer(server) {
    server.middlewares.use((request, response, next) => {
      const url = decodeURIComponent(new URL(request.url ?? "", "http://localhost").pathname);
      const mount = Object.entries(FOLDERS).find(([prefix]) => url.startsWith(prefix));
      const path = mount && join(mount[1], url.slice(mount[0].length));
      if (!path) next();
      else if (path.startsWith(mount[1]) && existsSync(path) && statSync(path).isFile())
        createReadStream(path).pipe(response);
      else response.writeHead(404).end();
    });
  },
};

/** Bundles the page as an application would, with the library's browser entry, and serves it. */
export async function servePage(): Promise<{ url: string; close(): Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), "cameo-page-"));
  const config = {
    configFile: false as const,
    root: here("page"),
    logLevel: "error" as const,
    resolve: { conditions: ["source", ...defaultClientConditions] },
    build: { outDir, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 5000 },
    preview: { host: "localhost", port: 0 },
    plugins: [folders],
  };
  await build(config);
  const server = await preview(config);
  return {
    url: server.resolvedUrls?.local[0] as string,
    async close() {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}
