/** @file A server that speaks MLflow's REST protocol, as far as a run needs it, and is strict. */
import { z } from "zod";

const name = z.string().regex(/^[\w.\- /:]{1,250}$/);
const runId = z.string().length(32);
const whole = z.int().min(0);

const tag = z.strictObject({ key: name, value: z.string().max(5000) });
const batch = z.strictObject({
  run_id: runId,
  metrics: z.array(z.strictObject({
    key: name,
    value: z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]),
    timestamp: whole,
    step: whole,
  })).max(1000).optional(),
  params: z.array(z.strictObject({ key: name, value: z.string().max(500) }))
    .max(100).optional(),
  tags: z.array(tag).max(100).optional(),
});

const BODIES = {
  "experiments/create": z.strictObject({ name: z.string().min(1) }),
  "runs/create": z.strictObject({
    experiment_id: z.string(),
    run_name: z.string().min(1),
    start_time: whole,
    tags: z.array(tag).optional(),
  }),
  "runs/update": z.strictObject({
    run_id: runId,
    status: z.enum(["RUNNING", "FINISHED", "FAILED", "KILLED"]),
    end_time: whole.optional(),
  }),
  "runs/log-batch": batch,
};

/** A run, as the server holds it. */
export interface HeldRun {
  readonly experiment: string;
  readonly name: string;
  status: string;
  end?: number | undefined;
  readonly params: Map<string, string>;
  readonly tags: Map<string, string>;
  /** Values of each metric, in the order in which they came. */
  readonly metrics: Map<
    string,
    { readonly step: number; readonly value: number; readonly time: number }[]
  >;
}

class Fault extends Error {
  constructor(readonly status: number, readonly code: string, text: string) {
    super(text);
  }
}

const missing = (text: string): Fault =>
  new Fault(404, "RESOURCE_DOES_NOT_EXIST", text);
const invalid = (text: string): Fault =>
  new Fault(400, "INVALID_PARAMETER_VALUE", text);

/** A server on a port of its own; what is sent to it wrongly is counted. */
export class MlflowServer {
  readonly experiments: string[] = [];
  readonly runs = new Map<string, HeldRun>();
  /** Faults of those who sent, but for what was asked for and is not there. */
  readonly faults: string[] = [];
  /** Requests that were answered. */
  requests = 0;
  /** Answers to give in place of its own: an HTTP status, or silence. */
  ill: number | "silent" | undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #silent: (() => void)[] = [];

  constructor(port = 0) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** Its address. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Its only run. */
  get run(): HeldRun {
    const [run, more] = [...this.runs.values()];
    if (!run || more) throw new Error(`${this.runs.size} runs`);
    return run;
  }

  /** Ends it. */
  async close(): Promise<void> {
    for (const answer of this.#silent) answer();
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const text = await request.text();
    if (this.ill === "silent") {
      await new Promise<void>((resolve) => this.#silent.push(resolve));
    }
    if (typeof this.ill === "number") {
      return new Response("<html>out of order</html>", { status: this.ill });
    }
    this.requests++;
    try {
      return Response.json(this.#handle(request, text));
    } catch (error) {
      const fault = error instanceof Fault
        ? error
        : invalid(String(error instanceof Error ? error.message : error));
      if (fault.status === 400) this.faults.push(fault.message);
      return Response.json({
        error_code: fault.code,
        message: fault.message,
      }, { status: fault.status });
    }
  }

  #handle(request: Request, text: string): unknown {
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.replace(/^\/api\/2\.0\/mlflow\//, "");
    if (path === pathname) throw invalid(`no such place: ${pathname}`);
    if (request.method === "GET") return this.#ask(path, searchParams);
    const type = request.headers.get("content-type");
    if (type !== "application/json") throw invalid(`content-type is ${type}`);
    const schema = BODIES[path as keyof typeof BODIES];
    if (!schema) throw invalid(`nothing is sent to ${path}`);
    return this.#take(path, schema.parse(JSON.parse(text)));
  }

  #ask(path: string, query: URLSearchParams): unknown {
    if (path === "experiments/get-by-name") {
      const name = query.get("experiment_name") ?? "";
      const at = this.experiments.indexOf(name);
      if (at < 0) throw missing(`no experiment "${name}"`);
      return {
        experiment: {
          experiment_id: String(at),
          name,
          lifecycle_stage: "active",
        },
      };
    }
    if (path === "runs/get") {
      const id = query.get("run_id") ?? "";
      const run = this.#held(id);
      return {
        run: {
          info: { run_id: id, experiment_id: run.experiment },
          data: {
            params: [...run.params].map(([key, value]) => ({ key, value })),
            // The newest of each; int64 is text in protobuf's JSON.
            metrics: [...run.metrics].map(([key, values]) => ({
              key,
              value: values.at(-1)?.value,
              step: String(values.at(-1)?.step),
            })),
          },
        },
      };
    }
    throw invalid(`nothing is asked of ${path}`);
  }

  #held(id: string): HeldRun {
    const run = this.runs.get(id);
    if (!run) throw missing(`no run ${id}`);
    return run;
  }

  #take(path: string, body: z.infer<(typeof BODIES)[keyof typeof BODIES]>) {
    if ("name" in body) {
      if (this.experiments.includes(body.name)) {
        throw new Fault(400, "RESOURCE_ALREADY_EXISTS", body.name);
      }
      const experiment_id = String(this.experiments.push(body.name) - 1);
      return { experiment_id };
    }
    if ("run_name" in body) {
      const { experiment_id, run_name, tags = [] } = body;
      if (!this.experiments[Number(experiment_id)]) {
        throw missing(`no experiment ${experiment_id}`);
      }
      const run_id = crypto.randomUUID().replaceAll("-", "");
      this.runs.set(run_id, {
        experiment: experiment_id,
        name: run_name,
        status: "RUNNING",
        params: new Map(),
        tags: new Map(tags.map(({ key, value }) => [key, value])),
        metrics: new Map(),
      });
      return { run: { info: { run_id, experiment_id } } };
    }
    const run = this.#held(body.run_id);
    if ("status" in body) {
      run.status = body.status;
      run.end = body.end_time;
      return { run_info: {} };
    }
    if (path !== "runs/log-batch") throw invalid(path);
    const { metrics = [], params = [], tags = [] } = body;
    for (const { key, value } of params) {
      const old = run.params.get(key);
      if (old !== undefined && old !== value) {
        throw invalid(`param "${key}" was ${old}`);
      }
      run.params.set(key, value);
    }
    for (const { key, value } of tags) run.tags.set(key, value);
    for (const { key, value, step, timestamp } of metrics) {
      const values = run.metrics.get(key) ?? [];
      values.push({ step, value: Number(value), time: timestamp });
      run.metrics.set(key, values);
    }
    return {};
  }
}
