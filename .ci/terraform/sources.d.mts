export const ROOT: string;
export const APPLIED: string;
export const READ_BY_TERRAFORM: readonly string[];
export function terraformFiles(): readonly string[];
export function digestOfSources(): string;
