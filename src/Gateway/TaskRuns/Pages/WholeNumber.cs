using System.Globalization;

namespace NclueGateway.TaskRuns.Pages;

/// <summary>Whole numbers in query strings: ASCII digits within bounds.</summary>
internal static class WholeNumber
{
    public static bool TryParse(ReadOnlySpan<char> value, int least, int most, out int number)
    {
        number = 0;
        return !value.ContainsAnyExceptInRange('0', '9') // the framework also accepts null characters after a number
            && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
    }

    /// <summary>Returns the error for a value that is not such a number.</summary>
    public static string Error(int least, int most) => $"It must be a whole number from {least} to {most}, in digits only.";
}
