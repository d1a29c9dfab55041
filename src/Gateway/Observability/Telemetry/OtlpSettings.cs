using System.Globalization;
using NclueGateway.Configuration;

namespace NclueGateway.Observability.Telemetry;

/// <summary>
/// Validates the OpenTelemetry variables that determine the export to a collector. The SDK reports an invalid one only to
/// its own event source, and then exports nothing, or everything.
/// </summary>
internal static class OtlpSettings
{
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    public const string Certificate = "OTEL_EXPORTER_OTLP_CERTIFICATE";
    public const string ClientCertificate = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";

    public const string IsDisabled = "OTEL_SDK_DISABLED";

    private const string ClientKey = "OTEL_EXPORTER_OTLP_CLIENT_KEY";
    private const string Headers = "OTEL_EXPORTER_OTLP_HEADERS";
    private const string SamplerArgument = "OTEL_TRACES_SAMPLER_ARG";

    /// <summary>Prefixes of the variables for a single signal, which the specification defines but this exporter does not read.</summary>
    private static readonly string[] OfOneSignal =
        ["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_METRICS_", "OTEL_EXPORTER_OTLP_LOGS_"];

    private static readonly (string Key, StringComparer Case, string[] Values)[] Choices =
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", StringComparer.Ordinal, ["grpc", "http/protobuf"]),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", StringComparer.OrdinalIgnoreCase, ["none", "gzip"]),
        ("OTEL_TRACES_SAMPLER", StringComparer.OrdinalIgnoreCase,
            ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"]),
    ];

    private static readonly string[] Numbers =
    [
        "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT",
        "OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    ];

    /// <summary>Adds invalid variables, and variables without effect, to the errors in the settings.</summary>
    public static void Check(SettingsReader settings, IConfiguration configuration)
    {
        var ofOneSignal = configuration.GetChildren().Where(variable => variable.Value is { Length: > 0 } && IsOfOneSignal(variable.Key));
        foreach (var variable in ofOneSignal)
        {
            settings.Add(variable.Key, "it has no effect here: the variables without the name of a signal apply to metrics and traces.");
        }

        if (configuration[Endpoint] is not { Length: > 0 } endpoint)
        {
            return;
        }

        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https")
            || address.Host.Length == 0)
        {
            settings.Add(Endpoint, "it is not an absolute http or https address, such as http://collector.example:4317.");
        }

        foreach (var (key, comparer, values) in Choices)
        {
            if (configuration[key] is { Length: > 0 } value && !values.Contains(value, comparer))
            {
                settings.Add(key, $"it is not one of {string.Join(", ", values)}.");
            }
        }

        foreach (var key in Numbers)
        {
            if (configuration[key] is { Length: > 0 } value
                && !(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0))
            {
                settings.Add(key, "it is not a whole number from 1.");
            }
        }

        if (configuration[SamplerArgument] is { Length: > 0 } ratio
            && !(double.TryParse(ratio, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1))
        {
            settings.Add(SamplerArgument, "it is not a number from 0 to 1.");
        }

        if (configuration[Headers] is { Length: > 0 } headers && !IsListOfPairs(Uri.UnescapeDataString(headers)))
        {
            settings.Add(Headers, "it is not a list such as name=value,name=value."); // without the value, which may contain a token
        }

        string[] files = [Certificate, ClientCertificate, ClientKey];
        foreach (var key in files.Where(key => configuration[key] is { Length: > 0 } path && !File.Exists(path)))
        {
            settings.Add(key, "it names a file that does not exist.");
        }
    }

    private static bool IsOfOneSignal(string key) =>
        OfOneSignal.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static bool IsListOfPairs(string headers) =>
        headers.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .All(pair => pair.IndexOf('=', StringComparison.Ordinal) > 0);
}
