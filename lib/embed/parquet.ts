/** @file Features as Parquet: `file`, `label`, and `features` as a list of floats. */
import {
  ByteWriter,
  ParquetWriter,
  type SchemaElement,
} from "hyparquet-writer";
import { className, type TableFormat } from "./table.ts";

/** Rows of a group: what a reader has to hold at once. */
const GROUP = 4096;

const text = (
  name: string,
  repetition_type: "REQUIRED" | "OPTIONAL",
): SchemaElement => ({
  name,
  repetition_type,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
});

/** Lists are lists: without a schema they would become JSON text. */
function schemaOf(labelled: boolean): SchemaElement[] {
  return [
    { name: "root", num_children: labelled ? 3 : 2 },
    text("file", "REQUIRED"),
    ...(labelled ? [text("label", "OPTIONAL")] : []),
    {
      name: "features",
      repetition_type: "REQUIRED",
      num_children: 1,
      converted_type: "LIST",
    },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "REQUIRED", type: "FLOAT" },
  ];
}

/** Apache Parquet. */
export const parquet: TableFormat = {
  ending: ".parquet",
  async write(table, write) {
    const { names, labels, width, metadata } = table;
    const bytes = new ByteWriter();
    const drain = async (): Promise<void> => {
      await write(bytes.getBytes().slice());
      // Positions in the file go on counting; the buffer starts anew.
      bytes.index = 0;
    };
    const writer = new ParquetWriter({
      writer: bytes,
      schema: schemaOf(labels !== undefined),
      createdBy: "stopgrad",
      kvMetadata: Object.entries(metadata).map(([key, value]) => ({
        key,
        value,
      })),
    });
    for await (const { from, count, values } of table.chunks()) {
      const rows = Array.from({ length: count }, (_, i) => i);
      await writer.write({
        rowGroupSize: GROUP,
        columnData: [
          { name: "file", data: names.slice(from, from + count) },
          ...(labels
            ? [{
              name: "label",
              data: rows.map((i) => className(table, from + i)),
            }]
            : []),
          {
            name: "features",
            data: rows.map((i) =>
              Array.from(values.subarray(i * width, (i + 1) * width))
            ),
          },
        ],
      });
      await drain();
    }
    await writer.finish();
    await drain();
  },
};
