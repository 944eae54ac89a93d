/** The signals that are exported. */
export interface Exported {
  readonly traces: boolean;
  readonly metrics: boolean;
}

/**
 * A signal is exported if it has an exporter or an endpoint, or if there is an endpoint for all.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function exportedBy(environment: Readonly<Record<string, string | undefined>>): Exported {
  const value = (name: string): string => environment[name]?.trim() ?? '';
  const isDisabled = value('OTEL_SDK_DISABLED').toLowerCase() === 'true';
  const isExported = (signal: string): boolean => {
    const exporter = value(`OTEL_${signal}_EXPORTER`);
    if (isDisabled || exporter === 'none') return false;
    return [exporter, value(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`), value('OTEL_EXPORTER_OTLP_ENDPOINT')].some(
      (one) => one !== '',
    );
  };
  return { traces: isExported('TRACES'), metrics: isExported('METRICS') };
}
