/** @file Where a run is told of while it trains. */

/** Event files of TensorBoard. */
export interface TensorBoardSettings {
  /** Images whose views are drawn. */
  readonly images: number;
}

/** A server that speaks MLflow's REST protocol. */
export interface MlflowSettings {
  /** Its address, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Experiment that the run belongs to; the pipeline's name by default. */
  readonly experiment?: string | undefined;
  /** Name of the run; that of its folder by default. */
  readonly run_name?: string | undefined;
}

/** Where a run is told of; what is absent is not. */
export interface Track {
  /** In the run's folder. */
  readonly tensorboard?: TensorBoardSettings;
  /** On a server. */
  readonly mlflow?: MlflowSettings;
}
