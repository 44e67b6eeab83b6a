import { availableParallelism } from "node:os";
import { CameoError } from "cameo";
import { defaultPortraitOptions, type PortraitOptions, type PortraitSample } from "../sample.ts";
import { startThreads, type Threads } from "./threads.ts";

/** Which portraits to make, and from what. */
export interface StreamOptions {
  /** Folder of the MakeHuman head pack. */
  readonly assets: string;
  /** Folder of the model bundle whose `head` is the morphable model; the installed one unless given. */
  readonly models?: string;
  readonly seed: number;
  /** Number of the first subject. Default 0. */
  readonly first?: number;
  /** Number of subjects. */
  readonly count: number;
  readonly options?: Partial<PortraitOptions>;
  /** Threads that make portraits; one per core unless given; 0 makes them in this thread when they are asked for. */
  readonly workers?: number;
  /** Most subjects that are in the making or wait for the reader at any time. Default: two per thread. */
  readonly ahead?: number;
  /** Ends the stream; the reader gets its reason. */
  readonly signal?: AbortSignal;
  /** Address of another module than `maker.ts` that exports `openMaker`: another kind of portraits. */
  readonly maker?: string;
}

/** Makes the pictures of one subject, one per frame. All arrays are new: the caller may keep or transfer them. */
export type Maker = (seed: number, index: number, options: PortraitOptions) => Promise<PortraitSample[]>;

/** What a module of {@link StreamOptions.maker} exports: called once in each thread. */
export type OpenMaker = (from: { readonly assets: string; readonly models?: string }) => Promise<Maker>;

/** What a thread of the stream starts with. */
export interface StreamData {
  readonly maker: string | null;
  readonly assets: string;
  readonly models?: string;
  readonly seed: number;
  readonly options: PortraitOptions;
}

/**
 * Portraits of subjects `first` to `first + count − 1`, each as its frames, in this order. They are made in worker
 * threads ahead of the reader, `ahead` subjects at most, and handed over without copying.
 * @throws the reason of the signal, or what went wrong with which portrait; the threads have ended by then
 */
export async function* streamPortraits(stream: StreamOptions): AsyncGenerator<PortraitSample[], void, undefined> {
  const { assets, models, seed, first = 0, count, signal, maker = null } = stream;
  const workers = Math.min(stream.workers ?? availableParallelism(), count);
  const ahead = workers === 0 ? 1 : Math.max(1, stream.ahead ?? 2 * workers);
  const options = { ...defaultPortraitOptions, ...stream.options };
  signal?.throwIfAborted();
  const data: StreamData = { maker, assets, models, seed, options };
  const threads: Threads<number, PortraitSample[]> =
    workers > 0
      ? startThreads({ module: "./stream-worker", from: import.meta.url, count: workers, data })
      : makeHere(data);
  const end = () => void threads.close();
  signal?.addEventListener("abort", end, { once: true });
  const pending: Promise<PortraitSample[]>[] = [];
  const ask = (index: number) => {
    const portrait = threads.ask(index).catch((cause: Error) => {
      if (signal?.aborted) throw signal.reason;
      if (cause instanceof CameoError) throw cause;
      const error = new Error(`Portrait ${index} of seed ${seed}: ${cause.message}`, { cause });
      // Where it went wrong is in the thread.
      throw Object.assign(error, { stack: cause.stack });
    });
    // An error surfaces when its turn has come.
    portrait.catch(() => {});
    pending.push(portrait);
  };
  try {
    for (let index = first; index < first + count; index++) {
      while (pending.length < Math.min(ahead, first + count - index)) ask(index + pending.length);
      yield await pending.shift()!;
      signal?.throwIfAborted();
    }
  } finally {
    signal?.removeEventListener("abort", end);
    await threads.close();
  }
}

/** What a thread of the stream makes portraits with. */
export async function openStreamMaker({ maker, seed, options, ...from }: StreamData) {
  const { openMaker } = (await (maker === null ? import("./maker.ts") : import(maker))) as { openMaker: OpenMaker };
  const make = await openMaker(from);
  return (index: number) => make(seed, index, options);
}

function makeHere(data: StreamData): Threads<number, PortraitSample[]> {
  const make = openStreamMaker(data);
  make.catch(() => {});
  return { ask: async (index) => (await make)(index), close: async () => {} };
}
