import { extname } from "node:path";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { CameoError } from "cameo";

/** Threads that answer requests, each thread one at a time. */
export interface Threads<Request, Answer> {
  /** Asks the first thread that is free. @throws what the thread threw, or that it ended */
  ask(request: Request): Promise<Answer>;
  /** Ends the threads; requests that are not answered yet fail. */
  close(): Promise<void>;
}

export interface ThreadsOptions {
  /** The module that the threads run, relative to `from` and without extension; it calls {@link serve}. */
  readonly module: string;
  /** `import.meta.url` of the caller: a caller that is TypeScript source has the threads run TypeScript source. */
  readonly from: string;
  readonly count: number;
  /** What {@link serve} hands to each thread, cloned. */
  readonly data: unknown;
}

/** What a thread's module answers, and which of its buffers move to the asking thread instead of being copied. */
export interface Served<Answer> {
  readonly answer: Answer;
  readonly transfer: readonly ArrayBuffer[];
}

interface Job<Request, Answer> {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** An error as it crosses from one thread to another, which would drop the code of a {@link CameoError}. */
interface Failure {
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
}

type Message<Answer> = { readonly answer: Answer } | { readonly failure: Failure };

const failureOf = (error: unknown): Failure => {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stack, code: error instanceof CameoError ? error.code : undefined };
};
const errorOf = ({ message, stack, code }: Failure): Error =>
  Object.assign(code === undefined ? new Error(message) : new CameoError(code, message), { stack });

export function startThreads<Request, Answer>({ module, from, count, data }: ThreadsOptions): Threads<Request, Answer> {
  const queue: Job<Request, Answer>[] = [];
  let failure: Error | null = null;
  const threads = Array.from({ length: count }, () => {
    const worker = startWorker(new URL(`${module}${extname(from)}`, from), data);
    let job: Job<Request, Answer> | undefined;
    const next = () => {
      job = queue.shift();
      if (job) worker.postMessage(job.request);
    };
    const fail = (error: Error) => {
      failure ??= error;
      for (const waiting of [job, ...queue.splice(0)]) waiting?.reject(failure);
      job = undefined;
    };
    worker.on("message", (message: Message<Answer>) => {
      if ("failure" in message) job?.reject(errorOf(message.failure));
      else job?.resolve(message.answer);
      next();
    });
    worker.on("error", fail);
    worker.on("exit", () => fail(new Error("The thread has ended.")));
    return { worker, next, idle: () => job === undefined };
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        queue.push({ request, resolve, reject });
        threads.find((thread) => thread.idle())?.next();
      }),
    close: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

/** Room for what a thread allocates between two collections: with less, memory that is still used is copied more often. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 };

function startWorker(url: URL, data: unknown): Worker {
  if (!url.pathname.endsWith(".ts")) return new Worker(url, { workerData: data, resourceLimits });
  // Run from TypeScript source (tests, tsx), a thread needs a loader before it can read its own file.
  const program = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(url.href)}); });`;
  return new Worker(program, { eval: true, execArgv: ["--conditions=source"], workerData: data, resourceLimits });
}

/**
 * In a thread's module: answers each request by the function that `open` gives, which is called once. What either throws
 * goes to the asker.
 * @param open gets the `data` of {@link startThreads}
 */
export function serve<Data, Request, Answer>(
  open: (data: Data) => Promise<(request: Request) => Promise<Served<Answer>>>,
): void {
  const opened = open(workerData as Data);
  // Reported to each asker instead.
  opened.catch(() => {});
  parentPort!.on("message", async (request: Request) => {
    try {
      const { answer, transfer } = await (await opened)(request);
      parentPort!.postMessage({ answer }, transfer);
    } catch (error) {
      parentPort!.postMessage({ failure: failureOf(error) });
    }
  });
}
