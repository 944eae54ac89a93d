/** The manifests in docs/deploy.md, as far as tests look at them. */

type Labels = Readonly<Record<string, string>>;

interface Port {
  readonly name: string;
  readonly containerPort: number;
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string }[];
  readonly ports: readonly [Port, Port];
  readonly readinessProbe: { readonly httpGet: object; readonly timeoutSeconds: number };
  readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
}

interface Ingress {
  readonly from: readonly [object];
  readonly ports: readonly object[];
}

/** For Kubernetes. */
export interface Manifests {
  readonly Deployment: {
    readonly spec: {
      readonly selector: { readonly matchLabels: Labels };
      readonly template: {
        readonly metadata: { readonly labels: Labels };
        readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly [Container] };
      };
    };
  };
  readonly Service: {
    readonly spec: { readonly selector: Labels; readonly ports: readonly { readonly targetPort: string }[] };
  };
  readonly NetworkPolicy: {
    readonly spec: {
      readonly podSelector: { readonly matchLabels: Labels };
      readonly ingress: readonly [clients: Ingress, nodes: Ingress];
    };
  };
}

interface Service {
  readonly depends_on?: readonly string[];
}

/** For Docker Compose. */
export interface Services extends Readonly<Record<string, Service>> {
  readonly node: Service & {
    readonly command: readonly string[];
    readonly environment: Readonly<Record<string, string | null>>;
    readonly init: boolean;
    readonly stop_grace_period: string;
  };
}
