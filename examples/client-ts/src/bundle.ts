// Read a bundle of gdata: every byte is hashed and compared with the manifest before anything is made of it.
// Runs in browsers and in Node: it needs WebCrypto and @bufbuild/protobuf, and somebody who reads files by name.

import { createFileRegistry, fromBinary, type DescMessage, type Message, type Registry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

export type ReadFile = (name: string) => Promise<Uint8Array<ArrayBuffer>>;
export type Row = Message & Record<string, unknown>;

interface FileEntry {
  file: string;
  sha256: string;
  size: number;
}

interface TableEntry {
  message: string;
  kind: "rows" | "map" | "record";
  key: string[];
  rows: number;
  parts: FileEntry[];
}

interface Manifest {
  format: number;
  features: string[];
  target: string;
  bundle: string;
  build: string;
  schema: FileEntry;
  tables: Record<string, TableEntry>;
}

export class DamagedError extends Error {}

/** The tables of one target. `target` says which one is expected: another one is refused. */
export async function loadBundle(read: ReadFile, target: string): Promise<Bundle> {
  const manifest = await readManifest(read);
  if (manifest.target !== target) {
    throw new DamagedError(`manifest.json: is of the target ${manifest.target}, not of ${target}`);
  }
  const schema = fromBinary(FileDescriptorSetSchema, await readVerified(read, manifest.schema));
  const registry = createFileRegistry(schema);
  const tables = new Map<string, Table>();
  for (const [name, entry] of Object.entries(manifest.tables)) {
    const parts = await Promise.all(entry.parts.map((part) => readVerified(read, part)));
    tables.set(name, new Table(name, entry, registry, joined(parts)));
  }
  return new Bundle(manifest.target, manifest.build, registry, tables);
}

export class Bundle {
  constructor(
    readonly target: string,
    readonly build: string,
    readonly registry: Registry,
    readonly tables: ReadonlyMap<string, Table>,
  ) {}

  table(name: string): Table {
    const found = this.tables.get(name);
    if (found === undefined) {
      throw new Error(`no table ${name}; there are ${[...this.tables.keys()].join(", ")}`);
    }
    return found;
  }
}

/** Rows in the table's order, and by their key; of a vertical table, the one record. */
export class Table implements Iterable<Row> {
  readonly rows: readonly Row[];
  readonly rowType: DescMessage;
  private readonly byKey = new Map<string, Row>();

  constructor(readonly name: string, entry: TableEntry, registry: Registry, content: Uint8Array) {
    const type = registry.getMessage(entry.message);
    if (type === undefined) {
      throw new DamagedError(`the schema has no message ${entry.message} for the table ${name}`);
    }
    const message = fromBinary(type, content) as Row;
    [this.rowType, this.rows] = rowsOf(type, message, entry.kind);
    if (entry.kind !== "record" && this.rows.length !== entry.rows) {
      throw new DamagedError(`${name} has ${this.rows.length} rows, and its manifest counts ${entry.rows}`);
    }
    const key = this.rowType.fields.filter((field) => entry.key.includes(field.name));
    key.sort((one, other) => entry.key.indexOf(one.name) - entry.key.indexOf(other.name));
    for (const row of key.length > 0 ? this.rows : []) {
      this.byKey.set(keyText(key.map((field) => row[field.localName])), row);
    }
  }

  /** The row with this key: `get(1001)`, or `get("kai", 3)` where the key has two fields. */
  get(...key: (string | number | bigint | boolean)[]): Row | undefined {
    return this.byKey.get(keyText(key));
  }

  /** The one record of a vertical table. */
  get record(): Row {
    const first = this.rows[0];
    if (first === undefined) {
      throw new Error(`${this.name} has no rows`);
    }
    return first;
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.rows[Symbol.iterator]();
  }
}

function rowsOf(type: DescMessage, message: Row, kind: TableEntry["kind"]): [DescMessage, readonly Row[]] {
  for (const field of type.fields) {
    if (kind === "rows" && field.fieldKind === "list" && field.listKind === "message") {
      return [field.message, message[field.localName] as Row[]];
    }
    if (kind === "map" && field.fieldKind === "map" && field.mapKind === "message") {
      return [field.message, Object.values(message[field.localName] as Record<string, Row>)];
    }
  }
  return [type, [message]];
}

// 64-bit keys are bigints in rows; whoever looks them up may write a plain number.
function keyText(key: unknown[]): string {
  return JSON.stringify(key.map(String));
}

async function readManifest(read: ReadFile): Promise<Manifest> {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(await read("manifest.json"));
  const { bundle, build, ...content } = JSON.parse(text) as Manifest;
  if (content.format !== 1 || content.features.length > 0) {
    throw new DamagedError(`manifest.json: format ${content.format} (${content.features}) is newer than this client`);
  }
  if ((await sha256(new TextEncoder().encode(canonicalJson(content)))) !== bundle) {
    throw new DamagedError("manifest.json: its content doesn't have the id that it names");
  }
  return { bundle, build, ...content };
}

async function readVerified(read: ReadFile, entry: FileEntry): Promise<Uint8Array> {
  if (!/^[A-Za-z_][A-Za-z0-9_.]*-[0-9a-f]{12}\.[a-z]+$/.test(entry.file)) {
    throw new DamagedError(`${entry.file}: not the name of a bundle's file`);
  }
  const content = await read(entry.file);
  if (content.byteLength !== entry.size || (await sha256(content)) !== entry.sha256) {
    throw new DamagedError(`${entry.file} is damaged: its bytes aren't those the manifest names`);
  }
  return content;
}

async function sha256(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** JSON with sorted keys and no blanks: the one way to write it, so that its hash means its content. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
