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

    /// <summary>Prefixes of the variables for a single signal, which the specification defines but this exporter does not read.</summary>
    private static readonly string[] OfOneSignal =
        ["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_METRICS_", "OTEL_EXPORTER_OTLP_LOGS_"];

    /// <summary>
    /// The condition of each variable. Error messages do not repeat the value, because it may contain a token.
    /// </summary>
    private static readonly (string Key, Func<string, bool> IsValid, string Mistake)[] Rules =
    [
        (Endpoint, IsAddress, "it is not an absolute http or https address, such as http://collector.example:4317."),
        OneOf("OTEL_EXPORTER_OTLP_PROTOCOL", StringComparer.Ordinal, "grpc", "http/protobuf"),
        OneOf("OTEL_EXPORTER_OTLP_COMPRESSION", StringComparer.OrdinalIgnoreCase, "none", "gzip"),
        OneOf(
            "OTEL_TRACES_SAMPLER", StringComparer.OrdinalIgnoreCase,
            "always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"),
        Number("OTEL_EXPORTER_OTLP_TIMEOUT"), Number("OTEL_METRIC_EXPORT_INTERVAL"), Number("OTEL_METRIC_EXPORT_TIMEOUT"),
        Number("OTEL_BSP_SCHEDULE_DELAY"), Number("OTEL_BSP_EXPORT_TIMEOUT"), Number("OTEL_BSP_MAX_QUEUE_SIZE"),
        Number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
        ("OTEL_TRACES_SAMPLER_ARG", IsRatio, "it is not a number from 0 to 1."),
        ("OTEL_EXPORTER_OTLP_HEADERS", IsListOfPairs, "it is not a list such as name=value,name=value."),
        OfFile(Certificate), OfFile(ClientCertificate), OfFile("OTEL_EXPORTER_OTLP_CLIENT_KEY"),
    ];

    /// <summary>Adds invalid variables, and variables without effect, to the errors in the settings.</summary>
    public static void Check(SettingsReader settings, IConfiguration configuration)
    {
        var ofOneSignal = configuration.GetChildren().Where(variable => variable.Value is { Length: > 0 } && IsOfOneSignal(variable.Key));
        foreach (var variable in ofOneSignal)
        {
            settings.Add(variable.Key, "it has no effect here: the variables without the name of a signal apply to metrics and traces.");
        }

        if (string.IsNullOrEmpty(configuration[Endpoint]))
        {
            return;
        }

        foreach (var (key, isValid, mistake) in Rules)
        {
            if (configuration[key] is { Length: > 0 } value && !isValid(value))
            {
                settings.Add(key, mistake);
            }
        }
    }

    private static (string Key, Func<string, bool> IsValid, string Mistake) OneOf(
        string key, StringComparer comparer, params string[] values) =>
        (key, value => values.Contains(value, comparer), $"it is not one of {string.Join(", ", values)}.");

    private static (string Key, Func<string, bool> IsValid, string Mistake) Number(string key) => (
        key,
        value => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0,
        "it is not a whole number from 1.");

    private static (string Key, Func<string, bool> IsValid, string Mistake) OfFile(string key) =>
        (key, File.Exists, "it names a file that does not exist.");

    private static bool IsAddress(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", Host.Length: > 0 };

    private static bool IsRatio(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1;

    private static bool IsOfOneSignal(string key) =>
        OfOneSignal.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static bool IsListOfPairs(string headers) =>
        Uri.UnescapeDataString(headers).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .All(pair => pair.IndexOf('=', StringComparison.Ordinal) > 0);
}
