import express, { type RequestHandler } from 'express';

import { MAX_BODY_BYTES } from '../../shared/core/json-body.ts';

/** Collects the bytes where nobody did before: behind functions-framework they are there as `rawBody`. */
export function collectBody(): RequestHandler {
  const collect = express.raw({ type: () => true, limit: MAX_BODY_BYTES, inflate: false });
  return (request, response, next) => {
    const { rawBody } = request as { rawBody?: Buffer };
    if (rawBody !== undefined) {
      request.body = rawBody;
      next();
    } else collect(request, response, next);
  };
}
