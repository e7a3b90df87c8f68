import type { z } from 'zod';

import { TenantId } from '../contracts/run.ts';
import { AppError } from '../core/errors.ts';
import type { Data, Query, StateStore, StoredDocument, Write } from '../state/state-store.ts';

export interface CollectionKind<T> {
  /** Segment under the tenant, such as `schedules`. */
  readonly name: string;
  readonly schema: z.ZodType<T>;
  /** What one document is called in messages. */
  readonly what: string;
}

export interface Stored<T> {
  readonly id: string;
  readonly data: T;
  readonly version: string;
}

export interface PageOptions {
  readonly limit: number;
  /** Id of the last document of the page before. */
  readonly after?: string | undefined;
  readonly where?: Query['where'];
  readonly orderBy?: Query['orderBy'];
}

const SEGMENT = /^[\x21-\x2e\x30-\x7e]{1,200}$/;

/**
 * Documents of one kind that belong to one tenant. It cannot be built without a tenant, and no id leads out of `tenants/{t}/{name}`.
 * Errors besides the store's: `not_found`, `already_exists`, `precondition_failed` when `ifVersion` no longer holds, `store_corrupt`.
 */
export class TenantCollection<T extends Data> {
  readonly tenantId: string;
  readonly #store: StateStore;
  readonly #kind: CollectionKind<T>;
  readonly #path: string;

  constructor(store: StateStore, tenantId: string, kind: CollectionKind<T>) {
    this.tenantId = TenantId.parse(tenantId);
    this.#store = store;
    this.#kind = kind;
    this.#path = `tenants/${this.tenantId}/${kind.name}`;
  }

  path(id: string): string {
    if (!SEGMENT.test(id) || id === '.' || id === '..' || /^__.*__$/.test(id))
      throw new AppError('not_found', `there is no ${this.#kind.what} of that name`);
    return `${this.#path}/${id}`;
  }

  async find(id: string): Promise<Stored<T> | undefined> {
    const document = await this.#store.get(this.path(id));
    return document && this.#read(document);
  }

  async get(id: string): Promise<Stored<T>> {
    const found = await this.find(id);
    if (!found)
      throw new AppError('not_found', `there is no ${this.#kind.what} ${id.slice(0, 100)}`);
    return found;
  }

  async page(options: PageOptions): Promise<{ items: Stored<T>[]; next?: string }> {
    const { limit, after, where, orderBy } = options;
    const documents = await this.#store.query({
      collection: this.#path,
      limit: limit + 1,
      ...(where && { where }),
      ...(orderBy && { orderBy }),
      ...(after !== undefined && { startAfter: this.path(after) }),
    });
    const items = documents.slice(0, limit).map((document) => this.#read(document));
    const last = items.at(-1);
    return { items, ...(documents.length > limit && last && { next: last.id }) };
  }

  async create(id: string, data: T, also: readonly Write[] = []): Promise<Stored<T>> {
    const write: Write = { op: 'create', path: this.path(id), data: this.#checked(data) };
    return this.#commit(id, data, write, also, 'already_exists', 'exists already');
  }

  /** Replaces the document if it is still the one of `ifVersion`. */
  async update(
    id: string,
    data: T,
    ifVersion: string,
    also: readonly Write[] = [],
  ): Promise<Stored<T>> {
    const write: Write = {
      op: 'update',
      path: this.path(id),
      data: this.#checked(data),
      ifVersion,
    };
    return this.#commit(id, data, write, also, 'precondition_failed', 'was changed meanwhile');
  }

  async delete(id: string, ifVersion: string): Promise<void> {
    try {
      await this.#store.commit([{ op: 'delete', path: this.path(id), ifVersion }]);
    } catch (error) {
      throw this.#collision(error, id, 'precondition_failed', 'was changed meanwhile');
    }
  }

  async #commit(
    id: string,
    data: T,
    write: Write,
    also: readonly Write[],
    code: 'already_exists' | 'precondition_failed',
    why: string,
  ): Promise<Stored<T>> {
    try {
      const [version = ''] = await this.#store.commit([write, ...also]);
      return { id, data, version };
    } catch (error) {
      throw this.#collision(error, id, code, why);
    }
  }

  #collision(
    error: unknown,
    id: string,
    code: 'already_exists' | 'precondition_failed',
    why: string,
  ): unknown {
    if (!AppError.is(error, 'conflict') || error.details?.['path'] !== this.path(id)) return error;
    return new AppError(code, `${this.#kind.what} ${id} ${why}: read it again`, { cause: error });
  }

  #checked(data: T): T {
    if (data['tenantId'] !== this.tenantId)
      throw new AppError('internal', `a ${this.#kind.what} of another tenant was to be written`);
    return this.#kind.schema.parse(data);
  }

  #read({ path, data, version }: StoredDocument): Stored<T> {
    const parsed = this.#kind.schema.safeParse(data);
    if (!parsed.success || parsed.data['tenantId'] !== this.tenantId)
      throw new AppError(
        'store_corrupt',
        `the stored ${this.#kind.what} ${path} does not satisfy its contract`,
        { cause: parsed.error },
      );
    return { id: path.slice(this.#path.length + 1), data: parsed.data, version };
  }
}
