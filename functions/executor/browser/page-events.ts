import type { ProxyAnswer } from '../egress/egress.ts';

/** `Page.frameNavigated` of the DevTools protocol, as far as it is read. */
export interface FrameNavigated {
  readonly frame: {
    readonly id: string;
    readonly loaderId: string;
    readonly unreachableUrl?: string;
    readonly parentId?: string;
    readonly url: string;
  };
}

/** `Page.frameRequestedNavigation`, told to the page that asks or to the one that is asked for. */
export interface FrameRequestedNavigation {
  readonly frameId: string;
  readonly reason: string;
  readonly url: string;
  readonly disposition: 'currentTab' | 'newTab' | 'newWindow' | 'download';
}

/** `Network.responseReceived`. */
export interface ResponseReceived {
  readonly requestId: string;
  readonly frameId?: string;
  readonly type: string;
  readonly response: ProxyAnswer & { readonly status: number };
}

/** `Network.loadingFailed`. */
export interface LoadingFailed {
  readonly requestId: string;
  readonly errorText: string;
}
