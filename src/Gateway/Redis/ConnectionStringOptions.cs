using System.ComponentModel.DataAnnotations;
using NclueGateway.Settings;
using StackExchange.Redis;

namespace NclueGateway.Redis;

/// <summary>Where Redis is: the settings under <c>ConnectionStrings</c>.</summary>
internal sealed class ConnectionStringOptions : IValidatableObject
{
    public const string Section = "ConnectionStrings";

    /// <value>
    /// A connection string of StackExchange.Redis (https://stackexchange.github.io/StackExchange.Redis/Configuration). Default none: one replica
    /// runs from memory. Its password is what is secret of it: whoever reads the log may know where Redis is.
    /// </value>
    [Secret(Part = @"(?i:(?:^|,)\s*password\s*=\s*)([^,]+)")]
    public string Redis { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Redis.Length > 0 && !IsReadable())
        {
            // What is wrong with it would show a part of it.
            yield return new("it is not a connection string of StackExchange.Redis, such as 'redis.example:6380,ssl=true,password=…'.", [nameof(Redis)]);
        }
    }

    private bool IsReadable()
    {
        try
        {
            return ConfigurationOptions.Parse(Redis).EndPoints.Count > 0;
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }
}
