import type { Firestore, Query as FirestoreQuery, Timestamp } from '@google-cloud/firestore';
import { FieldPath } from '@google-cloud/firestore';

import { isUnder } from './document-rules.ts';
import { WRITTEN_AT } from './firestore-codec.ts';

const RETRY_MS = 1_000;

/**
 * Listens to what is written from now on, so that nothing old is read (and paid for). Firestore cannot listen to "all below":
 * one listener per collection in `below`. Deletes are told for the document that is watched, and for documents written since.
 */
export class FirestoreWatch {
  private readonly db: Firestore;
  private readonly prefix: string;
  private readonly below: readonly string[];
  private readonly onChange: (paths: readonly string[]) => void;
  private readonly ends = new Set<() => void>();
  private retry: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(
    db: Firestore,
    prefix: string,
    below: readonly string[],
    onChange: (paths: readonly string[]) => void,
  ) {
    this.db = db;
    this.prefix = prefix;
    this.below = below;
    this.onChange = onChange;
    void this.begin();
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.retry);
    for (const end of this.ends) end();
    this.ends.clear();
  }

  private async begin(): Promise<void> {
    try {
      const isDocument = this.prefix.split('/').length % 2 === 0;
      const since = await this.serverTime();
      if (this.ended) return;
      const live = isDocument
        ? [
            this.listenToDocument(),
            ...this.below.map((name) =>
              this.listen(this.db.collection(`${this.prefix}/${name}`), since),
            ),
          ]
        : [
            this.listen(this.db.collection(this.prefix), since),
            ...this.below.map((name) => this.listen(this.db.collectionGroup(name), since)),
          ];
      await Promise.all(live);
      this.tell([]);
    } catch {
      this.again();
    }
  }

  /** After an error Firestore ends a listener for good: start anew, and say "read all again" once that is live. */
  private again(): void {
    for (const end of this.ends) end();
    this.ends.clear();
    if (this.ended) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.begin(), RETRY_MS * (1 + Math.random()));
    this.retry.unref();
  }

  private async serverTime(): Promise<Timestamp> {
    const isDocument = this.prefix.split('/').length % 2 === 0;
    const probe = isDocument ? this.db.doc(this.prefix) : this.db.doc(`${this.prefix}/~`);
    return (await probe.get()).readTime;
  }

  private listenToDocument(): Promise<void> {
    return this.attach((onNext, onError) =>
      this.db.doc(this.prefix).onSnapshot(() => onNext([this.prefix]), onError),
    );
  }

  private listen(collection: FirestoreQuery, since: Timestamp): Promise<void> {
    return this.attach((onNext, onError) =>
      collection
        .where(new FieldPath(WRITTEN_AT), '>=', since)
        .onSnapshot(
          (snapshot) => onNext(snapshot.docChanges().map((change) => change.doc.ref.path)),
          onError,
        ),
    );
  }

  /** Resolves with the first snapshot. What it holds is told too: it may have been written since the caller last read. */
  private attach(
    start: (
      onNext: (paths: readonly string[]) => void,
      onError: (error: Error) => void,
    ) => () => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let first = true;
      const end = start(
        (paths) => {
          if (!first)
            this.tell(
              paths.filter((path) => isUnder(this.prefix, path)),
              true,
            );
          first = false;
          resolve();
        },
        (error) => {
          if (first) reject(error);
          else this.again();
        },
      );
      this.ends.add(end);
    });
  }

  private tell(paths: readonly string[], onlyIfAny = false): void {
    if (this.ended || (onlyIfAny && paths.length === 0)) return;
    this.onChange(paths);
  }
}
