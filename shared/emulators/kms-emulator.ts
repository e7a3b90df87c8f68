import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';

import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

import { crc32c } from '../core/crc32c.ts';
import { googleService } from './google-service.ts';

interface Asked {
  readonly name: string;
  readonly plaintext?: Uint8Array;
  readonly ciphertext?: Uint8Array;
  readonly additionalAuthenticatedData?: Uint8Array;
  readonly data?: Uint8Array;
}

export interface KmsEmulator {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** The next call is answered with this gRPC status. */
  failNext(code: status): void;
  /** Changes a byte of each answer behind its checksum's back. */
  damage(on: boolean): void;
  close(): Promise<void>;
}

/** Cloud KMS's protocol as far as Rodex uses it, any key existing: there is no official emulator. */
export async function startKmsEmulator(
  algorithm: 'EC_SIGN_ED25519' | 'EC_SIGN_P256_SHA256' = 'EC_SIGN_ED25519',
): Promise<KmsEmulator> {
  const key = randomBytes(32);
  const { privateKey } =
    algorithm === 'EC_SIGN_ED25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  let failure: status | undefined;
  let damaged = false;
  const sealed = (bytes: Uint8Array): object => {
    const checksum = { value: String(crc32c(bytes)) };
    const shown = Buffer.from(bytes);
    if (damaged) shown[0] = (shown[0] ?? 0) ^ 1;
    return { shown, checksum };
  };
  const methods: Record<string, (asked: Asked) => object> = {
    encrypt: ({ name, plaintext, additionalAuthenticatedData }) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(Buffer.concat([Buffer.from(name), additionalAuthenticatedData ?? Buffer.of()]));
      const body = Buffer.concat([cipher.update(plaintext ?? Buffer.of()), cipher.final()]);
      const whole = Buffer.concat([nonce, cipher.getAuthTag(), body]);
      const { shown, checksum } = sealed(whole) as { shown: Buffer; checksum: object };
      return { name: `${name}/cryptoKeyVersions/1`, ciphertext: shown, ciphertextCrc32c: checksum };
    },
    decrypt: ({ name, ciphertext = Buffer.of(), additionalAuthenticatedData }) => {
      const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, 12));
      decipher.setAAD(
        Buffer.concat([Buffer.from(name), additionalAuthenticatedData ?? Buffer.of()]),
      );
      decipher.setAuthTag(ciphertext.subarray(12, 28));
      const plain = Buffer.concat([decipher.update(ciphertext.subarray(28)), decipher.final()]);
      const { shown, checksum } = sealed(plain) as { shown: Buffer; checksum: object };
      return { plaintext: shown, plaintextCrc32c: checksum };
    },
    asymmetricSign: ({ name, data }) => {
      const signature = sign(null, data ?? Buffer.of(), privateKey);
      const { shown, checksum } = sealed(signature) as { shown: Buffer; checksum: object };
      return { name, signature: shown, signatureCrc32c: checksum, verifiedDataCrc32c: true };
    },
    getPublicKey: ({ name }) => {
      const pem = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' });
      return { name, pem, algorithm };
    },
  };
  const implementation: UntypedServiceImplementation = Object.fromEntries(
    Object.entries(methods).map(([name, answer]) => [
      name,
      (call: ServerUnaryCall<Asked, object>, reply: sendUnaryData<object>) => {
        const code = failure;
        failure = undefined;
        if (code !== undefined) return reply({ code, details: 'told to fail' });
        try {
          reply(null, answer(call.request));
        } catch (error) {
          const details = error instanceof Error ? error.message : String(error);
          reply({ code: status.INVALID_ARGUMENT, details });
        }
      },
    ]),
  );
  const server = new Server();
  server.addService(
    googleService('kms', 'v1', 'KeyManagementService', '@google-cloud/kms'),
    implementation,
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, actual) => {
      if (error) reject(error);
      else resolve(actual);
    });
  });
  return {
    host: `127.0.0.1:${port}`,
    failNext: (code) => {
      failure = code;
    },
    damage: (on) => {
      damaged = on;
    },
    close: async () => server.forceShutdown(),
  };
}
