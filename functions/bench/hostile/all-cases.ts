import { approvalCases } from './approval-cases.ts';
import { bodyCases } from './body-cases.ts';
import { carrierCases } from './carrier-cases.ts';
import { controlCases } from './control-cases.ts';
import type { HostileCase } from './hostile-case.ts';
import { identityCases } from './identity-cases.ts';
import { injectionCases } from './injection-cases.ts';
import { leakCases } from './leak-cases.ts';
import { navigateCases } from './navigate-cases.ts';
import { networkCases } from './network-cases.ts';
import { requestCases } from './request-cases.ts';
import { schemeCases } from './scheme-cases.ts';
import { uploadCases } from './upload-cases.ts';

/** The whole corpus. Another kind of case is another file with a function, listed here. */
export function allCases(): HostileCase[] {
  return [
    ...navigateCases(),
    ...networkCases(),
    ...schemeCases(),
    ...injectionCases(),
    ...carrierCases(),
    ...controlCases(),
    ...leakCases(),
    ...approvalCases(),
    ...identityCases(),
    ...requestCases(),
    ...bodyCases(),
    ...uploadCases(),
  ];
}
