"""What the host tells about its work: figures for Prometheus, traces for OpenTelemetry."""
