/** The address of Prometheus metrics, as people write it. */
import { InvalidSettingError } from '../domain/errors.ts';

/**
 * A URL, or `host:port` for one over HTTP; without a path it is `/metrics`, as every exporter has it.
 * @throws InvalidSettingError for what is no such address
 */
export function metricsUrl(text: string): string {
  const trimmed = text.trim();
  const written = /^[a-z][a-z\d+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  const url = URL.canParse(written) ? new URL(written) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new InvalidSettingError(
      `"${text}" is not the address of metrics. Write host:port or a URL without a password, such as http://gpu-box:9400/metrics.`,
    );
  }
  url.hash = '';
  if (url.pathname === '/') url.pathname = '/metrics';
  return url.href;
}
