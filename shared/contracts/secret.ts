import { z } from 'zod';

export const SecretName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes');

const Origin = z
  .string()
  .max(300)
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url !== undefined && /^https?:$/.test(url.protocol) && url.origin === text;
  }, 'an origin such as https://portal.example, without a path');

/** Body of `PUT /v1/secrets/{name}`. */
export const SetSecretRequest = z.strictObject({
  value: z.string().min(1).max(10_000),
  /** Where the value may be typed, and nowhere else. */
  origins: z.array(Origin).min(1).max(20),
});
export type SetSecretRequest = z.infer<typeof SetSecretRequest>;

/** What is shown of a secret. */
export const SecretInfo = z.strictObject({
  name: SecretName,
  origins: z.array(z.string()),
  updatedAt: z.string(),
});
export type SecretInfo = z.infer<typeof SecretInfo>;
