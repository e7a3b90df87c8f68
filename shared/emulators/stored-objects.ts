export interface StoredObject {
  readonly name: string;
  readonly content: Buffer;
  readonly contentType: string;
  readonly metadata: Record<string, string>;
  readonly generation: number;
  readonly updated: string;
}

interface Upload {
  readonly name: string;
  readonly described: Described;
  readonly parts: Buffer[];
  readonly onlyGeneration: string | undefined;
}

export interface Described {
  readonly contentType?: string;
  readonly metadata?: Record<string, string>;
}

/** Objects of one bucket and uploads under way. */
export class StoredObjects {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();
  readonly calls: Record<string, number> = {};
  url = '';
  #count = 0;

  called(kind: string): void {
    this.calls[kind] = (this.calls[kind] ?? 0) + 1;
  }

  put(name: string, content: Buffer, { contentType, metadata }: Described): StoredObject {
    this.#count += 1;
    const object = {
      name,
      content,
      contentType: contentType ?? 'application/octet-stream',
      metadata: metadata ?? {},
      generation: Date.now() * 1_000 + (this.#count % 1_000),
      updated: new Date().toISOString(),
    };
    this.objects.set(name, object);
    return object;
  }

  /** False when the request asked for the object as it is not. */
  allows(name: string, ifGenerationMatch: string | null | undefined): boolean {
    if (ifGenerationMatch === null || ifGenerationMatch === undefined) return true;
    return String(this.objects.get(name)?.generation ?? 0) === ifGenerationMatch;
  }

  begin(upload: Upload): string {
    this.#count += 1;
    const id = `upload-${this.#count}`;
    this.uploads.set(id, upload);
    return id;
  }

  damage(name: string): void {
    const object = this.objects.get(name);
    if (!object) throw new Error(`no object ${name}`);
    const content = Buffer.from(object.content);
    content[0] = (content[0] ?? 0) ^ 1;
    this.objects.set(name, { ...object, content });
  }
}
