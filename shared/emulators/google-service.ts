import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { GrpcObject, ServiceClientConstructor } from '@grpc/grpc-js';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A service of Google's API, built from the protocol files that its own package ships. */
export function googleService(
  api: string,
  version: string,
  service: string,
  packageName: string,
): ServiceClientConstructor['service'] {
  const folderOf = (specifier: string): string =>
    dirname(fileURLToPath(import.meta.resolve(specifier)));
  const definition = loadSync(`google/cloud/${api}/${version}/service.proto`, {
    includeDirs: [
      join(folderOf(`${packageName}/package.json`), 'build/protos'),
      join(folderOf('google-gax'), '../protos'),
    ],
    keepCase: false,
    longs: String,
    enums: String,
    defaults: true,
  });
  const google = loadPackageDefinition(definition)['google'] as GrpcObject;
  const versions = (google['cloud'] as GrpcObject)[api] as GrpcObject;
  return ((versions[version] as GrpcObject)[service] as ServiceClientConstructor).service;
}
